#include "core/training/history.h"

#include <cmath>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/base/config.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

TEST(HistoryTest, KeepsAListPerName) {
  History history;
  history.Add(0, {{"loss", 0.5}, {"val_loss", 0.75}});
  history.Add(1, {{"loss", 0.25}, {"val_loss", 0.5}});
  EXPECT_EQ(history.epochs(), (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(history.names(), (std::vector<std::string>{"loss", "val_loss"}));
  EXPECT_EQ(*history.Find("loss"), (std::vector<double>{0.5, 0.25}));
  EXPECT_EQ(history.Find("accuracy"), nullptr);
}

TEST(HistoryTest, WhatWasNotMeasuredIsNotANumber) {
  History history;
  history.Add(0, {{"loss", 0.5}});
  history.Add(1, {{"loss", 0.25}, {"val_loss", 0.5}});
  history.Add(2, {{"loss", 0.125}});
  const std::vector<double>& late = *history.Find("val_loss");
  ASSERT_EQ(late.size(), 3);
  EXPECT_TRUE(std::isnan(late[0]));
  EXPECT_EQ(late[1], 0.5);
  EXPECT_TRUE(std::isnan(late[2]));
}

TEST(HistoryTest, TheConfigMakesAnEqualHistory) {
  History history;
  history.Add(3, {{"loss", 1.0 / 3}, {"accuracy", 1}});
  history.Add(4, {{"loss", std::nan("")}, {"accuracy", 0.5}});
  CAIRN_ASSERT_OK_AND_ASSIGN(const Config text,
                             Config::FromJson(history.ToConfig().ToJson()));
  CAIRN_ASSERT_OK_AND_ASSIGN(const History read, History::FromConfig(text));
  EXPECT_EQ(read.epochs(), history.epochs());
  EXPECT_EQ(read.names(), history.names());
  EXPECT_EQ(read.Find("loss")->at(0), 1.0 / 3);
  EXPECT_TRUE(std::isnan(read.Find("loss")->at(1)));
  EXPECT_EQ(*read.Find("accuracy"), (std::vector<double>{1, 0.5}));
}

TEST(HistoryTest, AConfigThatIsNoneIsRefused) {
  for (const char* json :
       {"[]", "{}", R"({"epoch": [0]})", R"({"epoch": 1, "history": {}})",
        R"({"epoch": [0], "history": {"loss": [1, 2]}})",
        R"({"epoch": [0], "history": {"loss": ["low"]}})"}) {
    const absl::StatusOr<Config> config = Config::FromJson(json);
    ASSERT_TRUE(IsOk(config));
    EXPECT_FALSE(History::FromConfig(*config).ok()) << json;
  }
}

TEST(HistoryTest, LogsAreFoundByName) {
  const Logs logs = {{"loss", 0.5}, {"accuracy", 0.75}};
  EXPECT_EQ(FindLog(logs, "accuracy"), 0.75);
  EXPECT_TRUE(std::isnan(FindLog(logs, "val_loss")));
}

}  // namespace
}  // namespace cairn
