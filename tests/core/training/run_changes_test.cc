#include "core/training/run_changes.h"

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

Config Parse(const std::string& text) {
  const absl::StatusOr<Config> config = Config::FromJson(text);
  EXPECT_TRUE(IsOk(config));
  return *config;
}

std::string Changes(const std::string& saved, const std::string& now) {
  return absl::StrJoin(FindChanges(Parse(saved), Parse(now)), "; ",
                       [](std::string* out, const RunChange& change) {
                         *out += ChangeToString(change);
                       });
}

TEST(RunChangesTest, MembersAreComparedByName) {
  EXPECT_EQ(Changes(R"({"a": 1, "b": [1, 2], "c": null})",
                    R"({"c": null, "b": [1, 2], "a": 1})"),
            "");
  EXPECT_EQ(Changes(R"({"a": 1, "b": [1, 2], "d": "x"})",
                    R"({"b": [1, 3], "a": 1.5, "c": true})"),
            "b: saved [1, 2], now [1, 3]; a: saved 1, now 1.5; "
            "c: saved none, now true; d: saved \"x\", now none");
}

TEST(RunChangesTest, OptionsStandBelowTheirClass) {
  EXPECT_EQ(
      Changes(
          R"({"o": {"class_name": "Adam", "config": {"rate": 1, "b": 2}}})",
          R"({"o": {"class_name": "Adam", "config": {"rate": 3, "b": 2}}})"),
      "o.rate: saved 1, now 3");
  EXPECT_EQ(
      Changes(R"({"o": {"class_name": "Adam", "config": {"rate": 1, "b": 2}}})",
              R"({"o": {"class_name": "SGD", "config": {"rate": 3, "m": 2}}})"),
      "o: saved Adam, now SGD")
      << "options of another class are no changes";
  EXPECT_EQ(Changes(
                R"({"o": {"class_name": "A", "config": {"s": {"class_name": "B",
              "config": {"x": 1}}}}})",
                R"({"o": {"class_name": "A", "config": {"s": {"class_name": "B",
              "config": {"x": 2}}}}})"),
            "o.s.x: saved 1, now 2");
}

TEST(RunChangesTest, ObjectsInAListGoByNameOrPlace) {
  EXPECT_EQ(
      Changes(
          R"({"m": [{"name": "acc", "class_name": "A", "config": {"k": 1}},
                    {"name": "top", "class_name": "T", "config": {}}]})",
          R"({"m": [{"name": "acc", "class_name": "A", "config": {"k": 5}},
                    {"name": "mae", "class_name": "E", "config": {}}]})"),
      "m.acc.k: saved 1, now 5; m.mae: saved none, now E; "
      "m.top: saved T, now none");
  EXPECT_EQ(Changes(
                R"({"l": [{"class_name": "D", "config": {"name": "x", "u": 1}},
                          {"class_name": "E", "config": {"name": "y"}}]})",
                R"({"l": [{"class_name": "D", "config": {"name": "z", "u": 2}},
                          {"class_name": "F", "config": {"name": "y"}}]})"),
            "l.0.u: saved 1, now 2; l.1: saved E, now F");
}

TEST(RunChangesTest, AnyPartOfANameAllowsIt) {
  EXPECT_TRUE(IsAllowed("optimizer.learning_rate", {"x", "learning_rate"}));
  EXPECT_TRUE(IsAllowed("optimizer.learning_rate", {"optimizer"}));
  EXPECT_TRUE(
      IsAllowed("optimizer.learning_rate", {"optimizer.learning_rate"}));
  EXPECT_TRUE(IsAllowed("user/my.thing", {"user/my.thing"}));
  EXPECT_FALSE(IsAllowed("optimizer.learning_rate", {}));
  EXPECT_FALSE(IsAllowed("optimizer.learning_rate", {""}));
  EXPECT_FALSE(IsAllowed("optimizer.learning_rate", {"rate", "optim", "."}));
  EXPECT_FALSE(IsAllowed("loss", {"loss.reduction"}));
}

TEST(RunChangesTest, AnErrorNamesAllThatIsNotAllowed) {
  const std::vector<RunChange> changes = {{"batch_size", "8", "4"},
                                          {"seed", "1", "2"},
                                          {"optimizer.beta_1", "0.9", "0.8"}};
  EXPECT_TRUE(IsError(
      CheckChanges(changes, {"seed"}), absl::StatusCode::kInvalidArgument,
      {"batch_size: saved 8, now 4; optimizer.beta_1: saved 0.9, now "
       "0.8; give it the same, or go on with these by naming them in "
       "RestoreOptions::allow_changed = {\"batch_size\", "
       "\"optimizer.beta_1\"}"}));
  EXPECT_TRUE(IsOk(CheckChanges(changes, {"seed", "optimizer", "batch_size"})));
  EXPECT_TRUE(IsOk(CheckChanges({}, {})));
}

TEST(RunChangesTest, ALongValueIsCut) {
  const std::string text =
      ChangeToString({"fields", std::string(5000, 'x'), "y"});
  EXPECT_LT(text.size(), 300);
}

}  // namespace
}  // namespace cairn
