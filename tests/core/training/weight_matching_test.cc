#include "core/training/weight_matching.h"

#include <map>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

TEST(WeightMatchingTest, PrefixesOfPathsEndWhereNamesDo) {
  EXPECT_TRUE(IsPathPrefix("", "a/b"));
  EXPECT_TRUE(IsPathPrefix("a", "a/b"));
  EXPECT_TRUE(IsPathPrefix("a/b", "a/b"));
  EXPECT_FALSE(IsPathPrefix("a", "ab/c"));
  EXPECT_FALSE(IsPathPrefix("a/b/c", "a/b"));
}

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

TEST(WeightMatchingTest, WithoutWeightsNoValueIsGiven) {
  Snapshot snapshot;
  snapshot.weights.Mutable() = {{"w", Tensor()}, {"v", Tensor()}};
  EXPECT_TRUE(MatchOrder({}, snapshot).value_of.empty());
  EXPECT_EQ(MatchOrder({}, snapshot).values.size(), 2);
}

}  // namespace
}  // namespace cairn
