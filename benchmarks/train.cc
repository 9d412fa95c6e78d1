// Trains the models that frameworks are compared by and says how fast.
//
// One shot: one line of JSON, in which "startup_s" is from the start of the
// process to the end of the first training step, and "data_s" what of it went
// into loading the data. With --serve it answers commands, a line of JSON each:
// "prepare MODEL BATCH DTYPE", "steps SECONDS", "fit [IMAGES]", "evaluate",
// "infer [N]", "quit". The folder with MNIST's four files is named by the
// environment variable PEERS_DATA; without it synthetic digits are drawn.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "benchmarks/models.h"
#include "cairn.h"
#include "core/runtime/thread_team.h"

ABSL_FLAG(std::string, model, "mlp512", "mlp512, mlp64x2, mlpwide or cnn");
ABSL_FLAG(int, batch, 128, "samples in a batch");
ABSL_FLAG(int, steps, 300, "how many steps a one-shot run measures");
ABSL_FLAG(int, threads, 1, "how many threads compute; 0: one for each core");
ABSL_FLAG(std::string, dtype, "f32", "f32");
ABSL_FLAG(std::string, variant, "", "there is one variant");
ABSL_FLAG(std::string, do, "steps", "steps, fit, evaluate, infer");
ABSL_FLAG(bool, serve, false, "answer commands from standard input");

namespace cairn {
namespace {

struct Digits {
  SamplesPointer train, test;
};

// Images as float32 in [0, 1], in memory, as the other programs have them.
absl::StatusOr<Digits> LoadDigits(const Shape& shape) {
  Mnist mnist;
  if (const char* folder = std::getenv("PEERS_DATA")) {
    CAIRN_ASSIGN_OR_RETURN(mnist, LoadMnist(folder));
  } else {
    const DigitImages train = SyntheticDigits(60000, 1);
    const DigitImages test = SyntheticDigits(10000, 2);
    mnist = {train.images, train.labels, test.images, test.labels};
  }
  const auto samples =
      [&](const Tensor& images,
          const Tensor& labels) -> absl::StatusOr<SamplesPointer> {
    Shape whole = shape;
    whole.insert(whole.begin(), images.shape()[0]);
    Tensor floats = Tensor::Zeros({DType::kFloat32, whole});
    const auto bytes = images.values<uint8_t>();
    const auto to = floats.mutable_values<float>();
    for (size_t i = 0; i < bytes.size(); ++i) to[i] = bytes[i] * (1 / 255.0f);
    Tensor targets = Tensor::Zeros({DType::kInt32, labels.shape()});
    std::copy(labels.values<uint8_t>().begin(), labels.values<uint8_t>().end(),
              targets.mutable_values<int32_t>().begin());
    return FromTensors({{"", floats}}, {{"", targets}});
  };
  Digits digits;
  CAIRN_ASSIGN_OR_RETURN(digits.train,
                         samples(mnist.train_images, mnist.train_labels));
  CAIRN_ASSIGN_OR_RETURN(digits.test,
                         samples(mnist.test_images, mnist.test_labels));
  return digits;
}

// Takes the time of each step, and ends after a number of steps or seconds.
class StepTimer : public StatelessCallback {
 public:
  absl::string_view class_name() const override { return "StepTimer"; }
  void Begin(int64_t steps, double seconds) {
    steps_ = steps;
    until_ = absl::Now() + absl::Seconds(seconds);
    each_.clear();
    last_ = absl::Now();
    begin_ = last_;
  }
  absl::Status OnTrainBatchEnd(TrainingSession& session, const Logs&) override {
    const absl::Time now = absl::Now();
    each_.push_back(absl::ToDoubleSeconds(now - last_));
    last_ = now;
    const int64_t done = static_cast<int64_t>(each_.size());
    if (steps_ > 0 ? done >= steps_ : now >= until_) session.RequestStop();
    return absl::OkStatus();
  }
  std::vector<double>& each() { return each_; }
  double seconds() const { return absl::ToDoubleSeconds(last_ - begin_); }

 private:
  int64_t steps_ = 0;
  absl::Time until_, last_, begin_;
  std::vector<double> each_;
};

double PercentileMs(std::vector<double> seconds, double fraction) {
  if (seconds.empty()) return 0;
  std::sort(seconds.begin(), seconds.end());
  const size_t index = std::min(
      seconds.size() - 1,
      static_cast<size_t>(fraction * static_cast<double>(seconds.size())));
  return 1e3 * seconds[index];
}

// Seconds since this process was started, or since PEERS_T0.
double SecondsSinceStart() {
  const double now = absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
  if (const char* begin = std::getenv("PEERS_T0")) {
    return now - std::atof(begin);
  }
  std::ifstream stat("/proc/self/stat"), uptime("/proc/uptime");
  std::string text((std::istreambuf_iterator<char>(stat)),
                   std::istreambuf_iterator<char>());
  const std::vector<std::string> fields =
      absl::StrSplit(text.substr(text.rfind(')') + 2), ' ');
  double up = 0;
  uptime >> up;
  const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  return up - std::atof(fields[19].c_str()) / ticks;
}

int ThreadCount(int flag) { return flag == 0 ? ThreadTeam(0).threads() : flag; }

class Session {
 public:
  absl::StatusOr<Config> Prepare(const std::string& model, int64_t batch,
                                 const std::string& dtype) {
    if (dtype != "f32") {
      return absl::InvalidArgumentError(
          absl::StrCat("dtype ", dtype, " is not there; f32 is"));
    }
    const absl::Time begin = absl::Now();
    CAIRN_ASSIGN_OR_RETURN(model_, MakeBenchmarkModel(model));
    CAIRN_RETURN_IF_ERROR(CompileBenchmarkModel(*model_, threads_));
    const Shape shape = ImageShape(model);
    if (!digits_.train || shape != shape_) {
      const absl::Time load_begin = absl::Now();
      CAIRN_ASSIGN_OR_RETURN(digits_, LoadDigits(shape));
      data_seconds_ = absl::ToDoubleSeconds(absl::Now() - load_begin);
      shape_ = shape;
    }
    name_ = model;
    batch_ = batch;
    CAIRN_RETURN_IF_ERROR(TrainSteps(1, 0));
    Config answer = Head();
    answer.Set("prepare_s", absl::ToDoubleSeconds(absl::Now() - begin));
    return answer;
  }

  // How long it took to load the images that the model is trained with.
  double data_seconds() const { return data_seconds_; }

  absl::StatusOr<Config> Steps(int64_t steps, double seconds) {
    // A twentieth of them to begin with, uncounted.
    CAIRN_RETURN_IF_ERROR(TrainSteps(
        steps > 0 ? std::max<int64_t>(2, steps / 20) : 0, seconds / 20));
    CAIRN_RETURN_IF_ERROR(TrainSteps(steps, seconds));
    Config answer = Head();
    const double count = static_cast<double>(timer_.each().size());
    answer.Set("steps", static_cast<int64_t>(timer_.each().size()));
    answer.Set("steps_per_s", count / timer_.seconds());
    answer.Set("images_per_s",
               count * static_cast<double>(batch_) / timer_.seconds());
    answer.Set("p50_step_ms", PercentileMs(timer_.each(), 0.5));
    answer.Set("p95_step_ms", PercentileMs(timer_.each(), 0.95));
    return answer;
  }

  absl::StatusOr<Config> Fit(int64_t images) {
    const absl::Time begin = absl::Now();
    CAIRN_RETURN_IF_ERROR(
        model_
            ->Fit(Take(digits_.train, images),
                  {.epochs = 1, .batch_size = batch_, .verbose = 0})
            .status());
    Config answer = Head();
    answer.Set("fit_images", images);
    answer.Set("fit_s", absl::ToDoubleSeconds(absl::Now() - begin));
    return answer;
  }

  absl::StatusOr<Config> Evaluate() {
    const absl::Time begin = absl::Now();
    CAIRN_ASSIGN_OR_RETURN(
        const Logs logs,
        model_->Evaluate(digits_.test, {.batch_size = 128, .verbose = 0}));
    Config answer = Head();
    answer.Set("evaluate_s", absl::ToDoubleSeconds(absl::Now() - begin));
    answer.Set("loss", FindLog(logs, "loss"));
    answer.Set("accuracy", FindLog(logs, "accuracy"));
    return answer;
  }

  absl::StatusOr<Config> Infer(int64_t count) {
    std::vector<double> each;
    const SamplesPointer one = Take(digits_.test, 1);
    for (int64_t i = -5; i < count; ++i) {
      const absl::Time begin = absl::Now();
      CAIRN_RETURN_IF_ERROR(
          model_->Predict(one, {.batch_size = 1, .verbose = 0}).status());
      if (i >= 0) each.push_back(absl::ToDoubleSeconds(absl::Now() - begin));
    }
    Config answer = Head();
    answer.Set("infer_p50_ms", PercentileMs(each, 0.5));
    answer.Set("infer_p95_ms", PercentileMs(each, 0.95));
    return answer;
  }

  absl::StatusOr<Config> Do(const std::vector<std::string>& words) {
    const auto number = [&](size_t index, double otherwise) {
      double value = otherwise;
      if (words.size() > index) {
        static_cast<void>(absl::SimpleAtod(words[index], &value));
      }
      return value;
    };
    if (words[0] == "prepare" && words.size() == 4) {
      return Prepare(words[1], static_cast<int64_t>(number(2, 0)), words[3]);
    }
    if (model_ == nullptr) {
      return absl::FailedPreconditionError("prepare a model first");
    }
    if (words[0] == "steps") return Steps(0, number(1, 1));
    if (words[0] == "fit") return Fit(static_cast<int64_t>(number(1, 60000)));
    if (words[0] == "evaluate") return Evaluate();
    if (words[0] == "infer") {
      return Infer(static_cast<int64_t>(number(1, 300)));
    }
    return absl::InvalidArgumentError(
        absl::StrCat("unknown command \"", words[0], "\""));
  }

 private:
  Config Head() const {
    return Config::Object{
        {"peer", "cairn"},     {"version", std::string(Version())},
        {"threads", threads_}, {"model", name_},
        {"batch", batch_},     {"dtype", "f32"}};
  }

  absl::Status TrainSteps(int64_t steps, double seconds) {
    timer_.Begin(steps, seconds);
    return model_
        ->Fit(digits_.train, {.epochs = int64_t{1} << 40,
                              .batch_size = batch_,
                              .shuffle = false,
                              .verbose = 0,
                              .callbacks = {&timer_}})
        .status();
  }

  // As many as compute: what the flag's 0 comes to here.
  const int threads_ = ThreadCount(absl::GetFlag(FLAGS_threads));
  std::unique_ptr<Sequential> model_;
  Digits digits_;
  double data_seconds_ = 0;
  Shape shape_;
  std::string name_;
  int64_t batch_ = 0;
  StepTimer timer_;
};

void Answer(const Config& answer) {
  std::printf("%s\n", answer.ToJson().c_str());
  std::fflush(stdout);
}

Config ErrorAnswer(const absl::Status& status) {
  return Config::Object{{"peer", "cairn"}, {"error", status.ToString()}};
}

int Serve() {
  Session session;
  Answer(Config::Object{
      {"peer", "cairn"}, {"version", std::string(Version())}, {"ready", true}});
  std::string line;
  while (std::getline(std::cin, line)) {
    const std::vector<std::string> words =
        absl::StrSplit(line, ' ', absl::SkipWhitespace());
    if (words.empty()) continue;
    if (words[0] == "quit") break;
    const absl::StatusOr<Config> answer = session.Do(words);
    Answer(answer.ok() ? *answer : ErrorAnswer(answer.status()));
  }
  return 0;
}

absl::StatusOr<Config> OneShot() {
  Session session;
  CAIRN_ASSIGN_OR_RETURN(
      Config line,
      session.Prepare(absl::GetFlag(FLAGS_model), absl::GetFlag(FLAGS_batch),
                      absl::GetFlag(FLAGS_dtype)));
  line.Set("startup_s", SecondsSinceStart());
  line.Set("data_s", session.data_seconds());
  const std::vector<std::string> words =
      absl::StrSplit(absl::GetFlag(FLAGS_do), ',', absl::SkipEmpty());
  for (const std::string& word : words) {
    CAIRN_ASSIGN_OR_RETURN(const Config answer,
                           word == "steps"
                               ? session.Steps(absl::GetFlag(FLAGS_steps), 0)
                               : session.Do({word}));
    CAIRN_ASSIGN_OR_RETURN(const Config::Object members,
                           answer.As<Config::Object>());
    for (const auto& [key, value] : members) line.Set(key, value);
  }
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  line.Set("peak_rss_mb", static_cast<double>(usage.ru_maxrss) / 1024);
  return line;
}

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  if (absl::GetFlag(FLAGS_serve)) return cairn::Serve();
  const absl::StatusOr<cairn::Config> line = cairn::OneShot();
  cairn::Answer(line.ok() ? *line : cairn::ErrorAnswer(line.status()));
  return line.ok() ? 0 : 1;
}
