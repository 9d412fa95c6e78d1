// What a person sees who runs the examples.
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cairn.h"
#include "examples/digits.h"
#include "examples/mnist_models.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/program.h"

namespace cairn {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr char kMnist[] = "examples/mnist";

// The bytes of every .data and .index file of a folder, by name.
std::map<std::string, std::string> BundleFiles(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name == "checkpoint") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    files[name].assign(std::istreambuf_iterator<char>(file), {});
  }
  return files;
}

std::vector<std::string> LinesWith(const std::string& text,
                                   const std::string& word) {
  std::vector<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::StrContains(line, word)) lines.emplace_back(line);
  }
  return lines;
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteIdx(const std::string& path, const Tensor& bytes,
              size_t leave_out = 0) {
  std::string text = {0, 0, 8, static_cast<char>(bytes.shape().size())};
  for (const int64_t dimension : bytes.shape()) {
    for (const int shift : {24, 16, 8, 0}) {
      text += static_cast<char>(dimension >> shift);
    }
  }
  for (const uint8_t byte : bytes.values<uint8_t>()) {
    text += static_cast<char>(byte);
  }
  text.resize(text.size() - leave_out);
  std::ofstream(path, std::ios::binary) << text;
}

class ExamplesTest : public testing::Test {
 protected:
  ExamplesTest() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = JoinPath(testing::TempDir(), test->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  // In a folder of the test's own.
  ProgramResult Run(std::vector<std::string> words) {
    return RunProgram(words, {.folder = folder_});
  }
  // With 64 samples, so with 4 steps of 16 an epoch.
  ProgramResult RunMnist(std::vector<std::string> flags) {
    std::vector<std::string> words = {kMnist, "--limit=64", "--batch_size=16"};
    words.insert(words.end(), flags.begin(), flags.end());
    return Run(words);
  }
  std::string In(const std::string& name) const {
    return JoinPath(folder_, name);
  }

  std::string folder_;
};

TEST_F(ExamplesTest, HelloTrainsAndJudgesAModel) {
  const ProgramResult result = Run({"examples/hello"});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(LinesWith(result.out, "Epoch "), SizeIs(3));
  EXPECT_THAT(result.out, HasSubstr("synthetic digits are recognized"));
  EXPECT_EQ(result.errors, "");
}

TEST_F(ExamplesTest, CheckpointReaderShowsThatKeysAreOfMembers) {
  const ProgramResult result = Run({"examples/checkpoint_reader"});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(LinesWith(result.out, "  "), SizeIs(3 * 5));
  EXPECT_THAT(LinesWith(result.out, "  layer/var/"), SizeIs(2));
  EXPECT_THAT(LinesWith(result.out, "  layer/value/"), SizeIs(1));
  EXPECT_THAT(LinesWith(result.out, "  save_counter/"), SizeIs(3));
  EXPECT_THAT(LinesWith(result.out, "  its value is 5"), SizeIs(3));
  EXPECT_TRUE(
      std::filesystem::exists(In("my_checkpoints/custom_layer-1.index")));
}

TEST_F(ExamplesTest, TransferLearningRestoresPartsAndSaysWhatDoesNotFit) {
  const ProgramResult result = Run({"examples/transfer_learning"});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(LinesWith(result.out, "Total params: 54,400"), SizeIs(1));
  EXPECT_THAT(LinesWith(result.out, "Total params: 54,725"), SizeIs(2));
  EXPECT_THAT(LinesWith(result.out, "50890 parameters"), SizeIs(1));
  EXPECT_THAT(LinesWith(result.out, "4 restored, 2 missing, 0 extra"),
              SizeIs(1));
  EXPECT_THAT(LinesWith(result.out, "4 restored, 0 missing, 0 extra"),
              SizeIs(2));
  EXPECT_THAT(result.out,
              HasSubstr("missing: predictions/kernel, predictions/bias"));
  EXPECT_THAT(result.out,
              HasSubstr("4 of the body's 4 weights are those that were saved"));
  // What is missing must be allowed, and the boxed model has two rows.
  EXPECT_THAT(LinesWith(result.out, "refused: "), SizeIs(2));
  EXPECT_THAT(result.out, HasSubstr("loaded with allow_missing"));
  const auto boxed =
      LinesWith(result.out.substr(result.out.find("2. A model within a model")),
                "(Dense)");
  ASSERT_THAT(boxed, SizeIs(1));
  EXPECT_THAT(boxed[0], EndsWith(" 325"));
  EXPECT_THAT(LinesWith(result.out, "pretrained (Sequential)"),
              Contains(HasSubstr("54400")));
  EXPECT_THAT(result.out, HasSubstr("the file fits the child \"pretrained\""));
}

TEST_F(ExamplesTest, CheckpointsShowsWeightsTensorsAndAResumedRun) {
  const ProgramResult result = Run({"examples/checkpoints"});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.out, HasSubstr("6 restored"));
  EXPECT_THAT(result.out, HasSubstr("layer_with_weights-0/kernel/.ATTRIBUTES"));
  EXPECT_THAT(result.out, HasSubstr("begun anew"));
  EXPECT_THAT(result.out,
              HasSubstr("resumed from my_checkpoints/run/ckpt-126"));
  const auto loaded = LinesWith(result.out, "a new model that loads it");
  ASSERT_THAT(loaded, SizeIs(1));
  const std::vector<std::string> words = absl::StrSplit(loaded[0], ' ');
  EXPECT_EQ(words.back() + ",", words[words.size() - 5]);
  for (const char* name :
       {"ckpt.index", "ckpt.data-00000-of-00001", "checkpoint"}) {
    EXPECT_TRUE(std::filesystem::exists(In("my_checkpoints/weights/") + name))
        << name;
  }
  // Once more, with what lies there.
  const ProgramResult again = Run({"examples/checkpoints"});
  EXPECT_EQ(again.code, 0) << again.errors;
  EXPECT_THAT(again.out, Not(HasSubstr("begun anew")));
}

TEST_F(ExamplesTest, MnistTrainsOnTheFirstThousandDigits) {
  const ProgramResult result =
      Run({kMnist, "--limit=1000", "--batch_size=32", "--epochs=2"});
  ASSERT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("dense (Dense)                (None, 512)"
                              "               401920\n"),
                    HasSubstr("dropout (Dropout)            (None, 512)"
                              "               0\n"),
                    HasSubstr("dense_1 (Dense)              (None, 10)"
                              "                5130\n"),
                    HasSubstr("Total params: 407,050")));
  EXPECT_THAT(result.out, HasSubstr("1000 synthetic digits"));
  EXPECT_THAT(result.out, HasSubstr("Begins a new run."));
  // One plain line for each epoch: this is no terminal.
  const std::vector<std::string> lines = LinesWith(result.out, "Epoch ");
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0],
              AllOf(StartsWith("Epoch 1/2 - 32/32 - "), HasSubstr(" - loss: "),
                    HasSubstr(" - accuracy: "), HasSubstr(" - val_loss: "),
                    HasSubstr(" - val_accuracy: ")));
  EXPECT_THAT(result.out, Not(HasSubstr("\r")));
  EXPECT_THAT(result.out, HasSubstr("Test loss "));
  EXPECT_THAT(result.out,
              HasSubstr("Newest checkpoint: mnist_checkpoints/ckpt-64"));
  EXPECT_THAT(result.out, HasSubstr("--limit=1000 --batch_size=32 --epochs=3"));
  for (const char* name : {"checkpoint", "ckpt-32.index", "ckpt-64.index",
                           "ckpt-64.data-00000-of-00001"}) {
    EXPECT_TRUE(std::filesystem::exists(In("mnist_checkpoints/") + name))
        << name;
  }
  EXPECT_EQ(result.errors, "");
}

TEST_F(ExamplesTest, MnistTrainsTheConvolutions) {
  const ProgramResult result = RunMnist({"--model=cnn", "--epochs=1"});
  ASSERT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.out, HasSubstr("Total params: 34,826"));
  EXPECT_THAT(LinesWith(result.out, "Epoch 1/1 - 4/4"), SizeIs(1));
}

TEST_F(ExamplesTest, AFinishedRunSaysSoAndMoreEpochsGoOn) {
  ASSERT_EQ(RunMnist({"--epochs=2"}).code, 0);
  const ProgramResult again = RunMnist({"--epochs=2"});
  EXPECT_EQ(again.code, 0) << again.errors;
  EXPECT_THAT(LinesWith(again.out, "Epoch "), IsEmpty());
  EXPECT_THAT(again.out, HasSubstr("finished before"));
  EXPECT_THAT(again.out, HasSubstr("remove mnist_checkpoints"));
  EXPECT_THAT(again.out, HasSubstr("--checkpoint_dir"));
  EXPECT_THAT(again.out, HasSubstr("Test loss "));

  const ProgramResult third = RunMnist({"--epochs=3"});
  EXPECT_EQ(third.code, 0) << third.errors;
  EXPECT_THAT(third.out, HasSubstr("Goes on after step 8, in epoch 3 of 3"));
  EXPECT_THAT(LinesWith(third.out, "Epoch "),
              ElementsAre(StartsWith("Epoch 3/3 - 4/4")));
}

TEST_F(ExamplesTest, HistoryHasTheEpochsBeforeAResumeToo) {
  ASSERT_EQ(
      RunMnist({"--epochs=3", "--checkpoint_dir=whole", "--history=whole.json"})
          .code,
      0);
  ASSERT_EQ(RunMnist({"--epochs=2"}).code, 0);
  ASSERT_EQ(RunMnist({"--epochs=3", "--history=parts.json"}).code, 0);
  const auto history = Config::FromJson(ReadText(In("parts.json")));
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_EQ(history->Get<Config::List>("epoch")->size(), 3u);
  EXPECT_EQ(ReadText(In("parts.json")), ReadText(In("whole.json")));
}

TEST_F(ExamplesTest, TheNumberOfThreadsChangesNoBit) {
  ASSERT_EQ(RunMnist({"--threads=1", "--checkpoint_dir=one"}).code, 0);
  ASSERT_EQ(RunMnist({"--threads=2", "--checkpoint_dir=two"}).code, 0);
  EXPECT_EQ(BundleFiles(In("one")), BundleFiles(In("two")));
}

TEST_F(ExamplesTest, TheSeedDecides) {
  for (const char* seed : {"1", "2"}) {
    ASSERT_EQ(RunMnist({absl::StrCat("--seed=", seed), "--epochs=1",
                        absl::StrCat("--checkpoint_dir=", seed)})
                  .code,
              0);
  }
  ASSERT_EQ(RunMnist({"--epochs=1", "--checkpoint_dir=0"}).code, 0);
  EXPECT_EQ(BundleFiles(In("0")), BundleFiles(In("1")));
  EXPECT_NE(BundleFiles(In("1")), BundleFiles(In("2")));
}

// Ctrl-C, as a terminal sends it.
TEST_F(ExamplesTest, AnInterruptSavesAndTheSameCommandGoesOn) {
  std::vector<std::string> words = {kMnist, "--limit=640", "--batch_size=16"};
  words.push_back("--epochs=1000000");
  Program program(words, {.folder = folder_});
  ASSERT_TRUE(program.ReadUntil("Epoch 2/"));
  program.Signal(SIGINT);
  const ProgramResult stopped = program.Wait();
  EXPECT_EQ(stopped.code, 130) << stopped.errors;
  EXPECT_THAT(stopped.out, HasSubstr("The same command goes on from there."));
  EXPECT_THAT(stopped.out, Not(HasSubstr("Test loss")));

  const auto newest = LatestCheckpoint(In("mnist_checkpoints"));
  ASSERT_TRUE(newest.ok()) << newest.status();
  int step = 0;
  ASSERT_TRUE(absl::SimpleAtoi(newest->substr(newest->rfind('-') + 1), &step));
  words.back() = absl::StrCat("--epochs=", step / 40 + 2);
  words.push_back("--history=parts.json");
  const ProgramResult resumed = Run(words);
  ASSERT_EQ(resumed.code, 0) << resumed.errors;
  EXPECT_THAT(resumed.out,
              HasSubstr(absl::StrCat("Goes on after step ", step, ", in epoch ",
                                     step / 40 + 1, " of ")));

  // As if it had not been interrupted.
  words.back() = "--history=whole.json";
  words.push_back("--checkpoint_dir=whole");
  ASSERT_EQ(Run(words).code, 0);
  EXPECT_EQ(ReadText(In("parts.json")), ReadText(In("whole.json")));
  const auto parts = BundleFiles(In("mnist_checkpoints"));
  const std::string last =
      absl::StrCat("ckpt-", (step / 40 + 2) * 40, ".data-00000-of-00001");
  ASSERT_EQ(parts.count(last), 1u);
  EXPECT_EQ(parts.at(last), BundleFiles(In("whole")).at(last));
}

// A handler must not run while oneDNN has the stack pointer elsewhere.
TEST_F(ExamplesTest, InterruptsInTheMiddleOfStepsDoNoHarm) {
  for (int i = 0; i < 8; ++i) {
    Program program({kMnist, "--limit=1000", "--epochs=1000000", "--keep=2"},
                    {.folder = folder_});
    ASSERT_TRUE(program.ReadUntil("/1000000 - 8/8"));
    program.Signal(SIGINT);
    const ProgramResult stopped = program.Wait();
    ASSERT_EQ(stopped.code, 130) << stopped.errors;
    ASSERT_EQ(stopped.errors, "");
  }
}

TEST_F(ExamplesTest, MisuseNamesTheFlagTheValueAndWhatIsAllowed) {
  const std::vector<std::pair<std::string, std::string>> misuses = {
      {"--epochs=0", "--epochs=0: the value must be a whole number from 1 to"},
      {"--epochs=many", "--epochs=many: the value must be a whole number"},
      {"--epochs", "--epochs needs a value: a whole number"},
      {"--batch_size=-1", "--batch_size=-1: the value must be"},
      {"--threads=1.5", "--threads=1.5: the value must be"},
      {"--seed=x", "--seed=x: the value must be a whole number"},
      {"--model=lstm", "--model=lstm: the value must be one of mlp, cnn"},
      {"--resume=maybe", "must be one of auto, never, must"},
      {"--verbose=3", "must be one of auto, 0, 1, 2"},
      {"--checkpoint_dir=", "--checkpoint_dir=: the value must be a folder"},
      {"--epoch=3", "unknown flag \"--epoch\"; did you mean \"--epochs\"?"},
      {"3", "\"3\" is no flag"},
  };
  for (const auto& [flag, message] : misuses) {
    const ProgramResult result = Run({kMnist, flag});
    EXPECT_EQ(result.code, 2) << flag;
    EXPECT_EQ(result.out, "") << flag;
    EXPECT_THAT(result.errors,
                AllOf(StartsWith("mnist: "), HasSubstr(message)));
    EXPECT_THAT(LinesWith(result.errors, "m"), SizeIs(1)) << result.errors;
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(ExamplesTest, HelpNamesEveryFlag) {
  const ProgramResult result = Run({kMnist, "--help"});
  EXPECT_EQ(result.code, 0);
  for (const char* flag :
       {"--model", "--data_dir", "--epochs", "--batch_size", "--threads",
        "--seed", "--checkpoint_dir", "--save_every_steps", "--keep",
        "--resume", "--history", "--verbose", "--limit"}) {
    EXPECT_THAT(result.out, HasSubstr(flag));
  }
}

TEST_F(ExamplesTest, TrainsOnFilesOfMnistsForm) {
  const DigitImages digits = SyntheticDigits(48, /*seed=*/3);
  WriteIdx(In("train-images-idx3-ubyte"), digits.images);
  WriteIdx(In("train-labels-idx1-ubyte"), digits.labels);
  WriteIdx(In("t10k-images-idx3-ubyte"), digits.images);
  WriteIdx(In("t10k-labels-idx1-ubyte"), digits.labels);
  const ProgramResult result =
      Run({kMnist, "--data_dir=.", "--epochs=1", "--batch_size=16"});
  ASSERT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(LinesWith(result.out, "Epoch 1/1 - 3/3"), SizeIs(1));
  EXPECT_THAT(result.out, HasSubstr("48 digits from ."));
  EXPECT_THAT(result.out, Not(HasSubstr("synthetic")));
}

TEST_F(ExamplesTest, FilesThatAreMissingOrCutAreNamed) {
  const ProgramResult missing = Run({kMnist, "--data_dir=nowhere"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.errors,
              AllOf(HasSubstr("train-images-idx3-ubyte"), HasSubstr("nowhere"),
                    HasSubstr("does not exist")));

  const DigitImages digits = SyntheticDigits(8, /*seed=*/3);
  WriteIdx(In("train-images-idx3-ubyte"), digits.images, /*leave_out=*/1);
  const ProgramResult cut = Run({kMnist, "--data_dir=."});
  EXPECT_EQ(cut.code, 1);
  EXPECT_THAT(cut.errors, HasSubstr("train-images-idx3-ubyte"));

  std::ofstream(In("train-images-idx3-ubyte")) << "this is no IDX file";
  const ProgramResult wrong = Run({kMnist, "--data_dir=."});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.errors, HasSubstr("train-images-idx3-ubyte"));
  EXPECT_FALSE(std::filesystem::exists(In("mnist_checkpoints")));
}

TEST_F(ExamplesTest, AFolderThatCannotBeMadeIsFoundBeforeTheFirstStep) {
  std::ofstream(In("a_file")) << "in the way";
  const ProgramResult result = RunMnist({"--checkpoint_dir=a_file/run"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.errors, HasSubstr("a_file"));
  EXPECT_THAT(LinesWith(result.out, "Epoch "), IsEmpty());

  const ProgramResult history = RunMnist({"--history=a_file/history.json"});
  EXPECT_EQ(history.code, 1);
  EXPECT_THAT(history.errors, HasSubstr("--history=a_file/history.json"));
  EXPECT_THAT(LinesWith(history.out, "Epoch "), IsEmpty());
}

TEST_F(ExamplesTest, ResumeNeverAndMustKeepTheirWord) {
  const ProgramResult must = RunMnist({"--resume=must", "--epochs=1"});
  EXPECT_EQ(must.code, 1);
  EXPECT_THAT(must.errors, AllOf(HasSubstr("--resume=must"),
                                 HasSubstr("mnist_checkpoints")));
  ASSERT_EQ(RunMnist({"--resume=never", "--epochs=1"}).code, 0);
  const auto before = BundleFiles(In("mnist_checkpoints"));
  const ProgramResult never = RunMnist({"--resume=never", "--epochs=1"});
  EXPECT_EQ(never.code, 1);
  EXPECT_THAT(never.errors, AllOf(HasSubstr("--resume=never"),
                                  HasSubstr("mnist_checkpoints/ckpt-4")));
  EXPECT_EQ(BundleFiles(In("mnist_checkpoints")), before);
  EXPECT_EQ(RunMnist({"--resume=must", "--epochs=2"}).code, 0);
}

TEST_F(ExamplesTest, ARunOfAnotherKindIsNotGoneOnWith) {
  ASSERT_EQ(RunMnist({"--epochs=1"}).code, 0);
  const auto before = BundleFiles(In("mnist_checkpoints"));
  for (const char* flag :
       {"--batch_size=8", "--limit=32", "--model=cnn", "--seed=5"}) {
    const ProgramResult other = RunMnist({"--epochs=2", flag});
    EXPECT_EQ(other.code, 1) << flag;
    EXPECT_THAT(other.errors,
                AllOf(HasSubstr("cannot go on from mnist_checkpoints/ckpt-4"),
                      HasSubstr("--checkpoint_dir")))
        << flag;
  }
  EXPECT_EQ(BundleFiles(In("mnist_checkpoints")), before);
}

TEST_F(ExamplesTest, ADamagedCheckpointIsPassedOverLoudly) {
  ASSERT_EQ(RunMnist({"--epochs=2"}).code, 0);
  const auto whole = BundleFiles(In("mnist_checkpoints"));
  const std::string data = In("mnist_checkpoints/ckpt-8.data-00000-of-00001");
  std::filesystem::resize_file(data, std::filesystem::file_size(data) / 2);
  const ProgramResult result = RunMnist({"--epochs=2"});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.errors, AllOf(HasSubstr("warning"), HasSubstr("ckpt-8")));
  EXPECT_THAT(result.out, HasSubstr("Goes on after step 4, in epoch 2 of 2"));
}

TEST_F(ExamplesTest, PathsBeginWhereThePersonStood) {
  std::filesystem::create_directories(In("bazel"));
  std::filesystem::create_directories(In("person"));
  const ProgramResult result =
      RunProgram({kMnist, "--limit=64", "--batch_size=16", "--epochs=1",
                  "--history=h.json"},
                 {.folder = In("bazel"),
                  .environment = {{"BUILD_WORKING_DIRECTORY", In("person")}}});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_TRUE(std::filesystem::exists(In("person/mnist_checkpoints")));
  EXPECT_TRUE(std::filesystem::exists(In("person/h.json")));
  EXPECT_TRUE(std::filesystem::is_empty(In("bazel")));
}

TEST_F(ExamplesTest, KeepKeepsTheNewest) {
  ASSERT_EQ(RunMnist({"--epochs=2", "--save_every_steps=1", "--keep=2"}).code,
            0);
  const auto files = BundleFiles(In("mnist_checkpoints"));
  EXPECT_THAT(files, SizeIs(4));
  EXPECT_EQ(files.count("ckpt-7.index"), 1u);
  EXPECT_EQ(files.count("ckpt-8.index"), 1u);
}

// The model of the example, used from C++.
class DigitsTest : public ExamplesTest {
 protected:
  static std::unique_ptr<Sequential> MakeCompiled() {
    auto model = MakeMnistModel("mlp");
    EXPECT_TRUE(model
                    ->Compile({.optimizer = "adam",
                               .loss = "sparse_categorical_crossentropy",
                               .metrics = {"accuracy"}})
                    .ok());
    return model;
  }
  static Logs Judge(Sequential& model, const Digits& digits) {
    const auto logs = model.Evaluate(digits.test, {.verbose = 0});
    EXPECT_TRUE(logs.ok()) << logs.status();
    return logs.ok() ? *logs : Logs();
  }
};

TEST_F(DigitsTest, AnUntrainedModelIsAtChance) {
  const auto digits = LoadDigits("", 1000, {784});
  ASSERT_TRUE(digits.ok()) << digits.status();
  const auto model = MakeCompiled();
  const double accuracy = FindLog(Judge(*model, *digits), "accuracy");
  EXPECT_GE(accuracy, 0.02);
  EXPECT_LE(accuracy, 0.30);
}

TEST_F(DigitsTest, SavedWeightsGiveAnotherModelTheSameJudgement) {
  const auto digits = LoadDigits("", 1000, {784});
  ASSERT_TRUE(digits.ok()) << digits.status();
  const auto trained = MakeCompiled();
  ASSERT_TRUE(trained->Fit(digits->train, {.epochs = 2, .verbose = 0}).ok());
  const std::string prefix = In("checkpoints/my_checkpoint");
  ASSERT_TRUE(SaveWeights(*trained, prefix).ok());

  const auto other = MakeCompiled();
  ASSERT_NE(Judge(*other, *digits), Judge(*trained, *digits));
  const auto report = LoadWeights(*other, prefix);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->restored, SizeIs(4));
  EXPECT_EQ(Judge(*other, *digits), Judge(*trained, *digits));
}

TEST_F(DigitsTest, AModelLoadsWhatARunSaved) {
  ASSERT_EQ(RunMnist({"--epochs=2", "--history=h.json"}).code, 0);
  const auto digits = LoadDigits("", 64, {784});
  ASSERT_TRUE(digits.ok()) << digits.status();
  const auto model = MakeCompiled();
  ASSERT_TRUE(Summary(*model).ok());
  const auto report = LoadWeights(*model, In("mnist_checkpoints"));
  ASSERT_TRUE(report.ok()) << report.status();
  const auto history = Config::FromJson(ReadText(In("h.json")));
  ASSERT_TRUE(history.ok());
  const auto values = *history->Find("history");
  const Config last = values->Get<Config::List>("val_accuracy")->back();
  EXPECT_EQ(FindLog(Judge(*model, *digits), "accuracy"), *last.As<double>());
}

}  // namespace
}  // namespace cairn
