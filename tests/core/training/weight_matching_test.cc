#include "core/training/weight_matching.h"

#include <map>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

// The name of the value that a weight "x" gets.
std::string NameOfX(const std::string& file_name,
                    const std::map<std::string, std::string>& renames) {
  const Weight x = {"x/w", std::make_shared<Variable>("w", TensorSpec(), true)};
  Snapshot snapshot;
  snapshot.weights.Mutable() = {{file_name, Tensor()}};
  const auto matching = MatchNames({x}, snapshot, renames);
  if (!matching.ok()) return std::string(matching.status().message());
  if (matching->value_of.empty()) return "";
  return matching->value_of.begin()->second->name;
}

TEST(WeightMatchingTest, TheLongestPrefixRenames) {
  EXPECT_EQ(NameOfX("x/w", {}), "x/w");
  EXPECT_EQ(NameOfX("a/b/w", {{"a/b", "x"}}), "a/b/w");
  EXPECT_EQ(NameOfX("a/b/w", {{"a/b/", "x/"}}), "a/b/w");
  EXPECT_EQ(NameOfX("w", {{"", "x"}}), "w");
  EXPECT_EQ(NameOfX("a/x/w", {{"a", ""}}), "a/x/w");
  EXPECT_EQ(NameOfX("a/w", {{"a/w", "x/w"}}), "a/w");
  EXPECT_EQ(NameOfX("ab/w", {{"a", "x"}}),
            "renames: no value of the file is below \"a\"");
}

TEST(WeightMatchingTest, PatternsRename) {
  EXPECT_EQ(NameOfX("a_7/b/w", {{"a_*/b", "x"}}), "a_7/b/w");
  EXPECT_EQ(NameOfX("w/x", {{"*/*", "*/*"}}), "");
  EXPECT_EQ(NameOfX("old/x/w", {{"old/**", "**"}}), "old/x/w");
  EXPECT_EQ(NameOfX("q/old_x/w", {{"**/old_*", "*"}}),
            "");  // The first text.
  EXPECT_EQ(NameOfX("a/b/w", {{"**/b", "x"}, {"a/b", "y"}}),
            "renames: a longer rule renames every value of the file that is "
            "below \"**/b\"");
  EXPECT_EQ(NameOfX("a/b/w", {{"**/bb", "x"}}),
            "renames: no value of the file is below \"**/bb\"");
  EXPECT_EQ(NameOfX("a/b/w", {{"a/*", "*/**"}}),
            "renames: \"*/**\" has more wildcards than \"a/*\", which they "
            "take their texts from");
}

TEST(WeightMatchingTest, WithoutWeightsNoValueIsGiven) {
  Snapshot snapshot;
  snapshot.weights.Mutable() = {{"w", Tensor()}, {"v", Tensor()}};
  EXPECT_TRUE(MatchOrder({}, snapshot).value_of.empty());
  EXPECT_EQ(MatchOrder({}, snapshot).values.size(), 2);
}

}  // namespace
}  // namespace cairn
