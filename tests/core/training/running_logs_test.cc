#include "core/training/running_logs.h"

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "layers/metrics/sparse_categorical_accuracy.h"

namespace cairn {
namespace {

void Set(const std::shared_ptr<Variable>& total, float value) {
  total->mutable_value().mutable_values<float>()[0] = value;
}

RunningLogs MakeLogs() {
  return RunningLogs(
      "train",
      {{"accuracy", std::make_shared<const SparseCategoricalAccuracy>(), {}}});
}

TEST(RunningLogsTest, TotalsHaveNamesThatStay) {
  const RunningLogs logs = MakeLogs();
  std::vector<std::string> names;
  for (const auto& total : logs.totals()) names.push_back(total->name());
  EXPECT_EQ(names, (std::vector<std::string>{
                       "train/loss/total", "train/loss/count",
                       "train/accuracy/total", "train/accuracy/count"}));
}

TEST(RunningLogsTest, LogsAreMeansOfTheTotals) {
  RunningLogs logs = MakeLogs();
  EXPECT_EQ(logs.Compute(), (Logs{{"loss", 0}, {"accuracy", 0}}))
      << "before any batch";
  const std::vector<std::shared_ptr<Variable>> totals = logs.totals();
  Set(totals[0], 3);
  Set(totals[1], 4);
  Set(totals[2], 2);
  Set(totals[3], 8);
  EXPECT_EQ(logs.Compute(), (Logs{{"loss", 0.75}, {"accuracy", 0.25}}));
  logs.Reset();
  EXPECT_EQ(logs.Compute(), (Logs{{"loss", 0}, {"accuracy", 0}}));
}

TEST(RunningLogsTest, TheSameLogsAreFilledEachTime) {
  RunningLogs logs = MakeLogs();
  EXPECT_EQ(&logs.Compute(), &logs.Compute());
}

TEST(RunningLogsTest, ABadLossIsSeen) {
  RunningLogs logs = MakeLogs();
  EXPECT_FALSE(logs.LossIsBad());
  Set(logs.loss_total(), std::numeric_limits<float>::infinity());
  EXPECT_TRUE(logs.LossIsBad());
  Set(logs.loss_total(), std::nanf(""));
  EXPECT_TRUE(logs.LossIsBad());
  logs.Reset();
  EXPECT_FALSE(logs.LossIsBad());
}

}  // namespace
}  // namespace cairn
