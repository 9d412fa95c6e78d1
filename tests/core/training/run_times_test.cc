#include "core/training/run_times.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/data/batch_source.h"
#include "core/data/batches.h"
#include "core/data/tensor_samples.h"
#include "core/training/history.h"
#include "gtest/gtest.h"
#include "tests/core/training/small_fit.h"
#include "tests/support/forwarding_source.h"
#include "tests/support/hook_callback.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Part = RunTimer::Part;

constexpr absl::Duration kPause = absl::Milliseconds(3);

// Of the clock that measures.
absl::Duration Now() {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

// Reads slowly: kPause a batch.
class SlowSource : public ForwardingSource {
 public:
  explicit SlowSource(std::unique_ptr<BatchSource> source)
      : ForwardingSource(std::move(source)) {}
  absl::StatusOr<int64_t> Next(
      absl::Span<const absl::Span<std::byte>> destinations) override {
    absl::SleepFor(kPause);
    return ForwardingSource::Next(destinations);
  }
};

std::unique_ptr<BatchSource> MakeSlowSource() {
  auto samples = FromTensors({{"", Inputs()}}, {{"", Targets()}});
  EXPECT_TRUE(IsOk(samples));
  return std::make_unique<SlowSource>(Batch(*std::move(samples), 8));
}

TEST(RunTimerTest, EachMomentCountsForOnePart) {
  const absl::Duration begin = Now();
  RunTimer timer;
  EXPECT_EQ(timer.Enter(Part::kData), Part::kRest);
  absl::SleepFor(kPause);
  EXPECT_EQ(timer.Enter(Part::kCompute), Part::kData);
  absl::SleepFor(2 * kPause);
  EXPECT_EQ(timer.Enter(Part::kCompute), Part::kCompute);
  absl::SleepFor(kPause);
  // What goes on is counted too.
  const RunTimes within = timer.Read();
  EXPECT_GE(within.compute, 3 * kPause);
  EXPECT_EQ(timer.Enter(Part::kValidation), Part::kCompute);
  EXPECT_EQ(timer.Enter(Part::kCallbacks), Part::kValidation);
  const RunTimes times = timer.Read();
  EXPECT_GE(times.data, kPause);
  EXPECT_GE(times.compute, within.compute);
  EXPECT_GE(times.total(), 4 * kPause);
  EXPECT_GE(times.total(), within.total());
  EXPECT_LE(times.total(), Now() - begin);
}

TEST(RunTimesTest, SpeedIsThatOfReadingAndComputing) {
  EXPECT_EQ(RunTimes().per_step(), absl::ZeroDuration());
  EXPECT_EQ(RunTimes().samples_per_second(), 0);
  const RunTimes times = {.steps = 4,
                          .samples = 120,
                          .data = absl::Seconds(1),
                          .compute = absl::Seconds(2),
                          .validation = absl::Seconds(4),
                          .callbacks = absl::Seconds(8),
                          .rest = absl::Seconds(16)};
  EXPECT_EQ(times.total(), absl::Seconds(31));
  EXPECT_EQ(times.per_step(), absl::Milliseconds(750));
  EXPECT_EQ(times.samples_per_second(), 40);
}

TEST(RunTimesTest, TheTimeOfARunIsFoundInItsParts) {
  const std::unique_ptr<BatchSource> train = MakeSlowSource(),
                                     validation = MakeSlowSource();
  absl::Duration begin, end;
  HookCallback pausing(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_train_begin") begin = Now();
        // Of each epoch's three steps and three batches of validation.
        if (hook == "on_train_batch_end" || hook == "on_test_batch_end") {
          absl::SleepFor(kPause);
          // The third batch is short.
          EXPECT_EQ(session.times().samples,
                    session.step() * 8 - session.step() / 3 * 2);
        }
        if (hook == "on_train_end") end = Now();
        return absl::OkStatus();
      });
  FitOptions options = {.epochs = 2, .verbose = 0, .callbacks = {&pausing}};
  options.validation_data = Batches(*validation);
  const absl::Duration before = Now();
  CAIRN_ASSERT_OK_AND_ASSIGN(const History history,
                             MakeModel(7)->Fit(Batches(*train), options));
  const absl::Duration wall = Now() - before;
  const RunTimes& times = history.times();
  EXPECT_EQ(times.steps, 2 * kStepsPerEpoch);
  EXPECT_EQ(times.samples, 2 * 22);
  EXPECT_GE(times.data, 2 * kStepsPerEpoch * kPause);
  EXPECT_GT(times.compute, absl::ZeroDuration());
  EXPECT_GE(times.validation, 2 * kStepsPerEpoch * kPause);
  EXPECT_GE(times.callbacks, 4 * kStepsPerEpoch * kPause);
  // Nothing is counted twice, and nothing left out.
  EXPECT_LE(times.total(), wall);
  EXPECT_GE(times.total(), end - begin);
}

TEST(RunTimesTest, TimesAreOfNoFile) {
  // That equal runs leave equal files is tested elsewhere; here, that a history
  // does not write down what it knows.
  History history;
  const std::string before = history.ToConfig().ToJson();
  history.set_times({.steps = 3, .data = absl::Seconds(1)});
  EXPECT_EQ(history.ToConfig().ToJson(), before);
  EXPECT_EQ(history.times().steps, 3);
}

}  // namespace
}  // namespace cairn
