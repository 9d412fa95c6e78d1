#include "core/training/weight_matching.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/model/sequential.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
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
  EXPECT_EQ(
      NameOfX("a/b/w", {{"**/b", "x"}, {"a/b", "y"}}),
      "renames: other rules go before it for every value of the file that is "
      "below \"**/b\"");
  EXPECT_EQ(NameOfX("a/b/w", {{"**/bb", "x"}}),
            "renames: no value of the file is below \"**/bb\"");
  EXPECT_EQ(NameOfX("a/b/w", {{"a/*", "*/**"}}),
            "renames: \"*/**\" has more wildcards than \"a/*\", which they "
            "take their texts from");
}

TEST(WeightMatchingTest, ManyPartsThatAllLeadToALongListTakeNoTime) {
  Sequential model;
  model.Add<Dense>({.units = 1});
  ASSERT_TRUE(IsOk(model.EnsureBuilt({{DType::kFloat32, {kDynamic, 1}}})));
  const std::string edge = model.children()[0].edge;
  // The root, the list, and what leads to it. Going through the list for each
  // weight and part would take minutes.
  constexpr int kParts = 100000;
  Snapshot snapshot;
  std::vector<ObjectGraph::Node>& nodes = snapshot.objects.Mutable().nodes;
  nodes.resize(2 + kParts);
  for (int i = 0; i < kParts; ++i) {
    const std::string name = absl::StrCat("part", i);
    nodes[0].edges.push_back({name, 2 + i});
    nodes[1].edges.push_back({name, 2 + i});
    nodes[2 + i].edges.push_back({edge, 1});
  }
  EXPECT_TRUE(MatchObjectsOfChildren(model, snapshot).empty());
  // It is still found where it is.
  nodes[1].edges.push_back({"kernel", 2 + kParts});
  nodes.push_back({.kind = ObjectGraph::Kind::kVariable, .tensor = "k"});
  snapshot.weights.Mutable() = {{"k", Tensor()}};
  const auto matchings = MatchObjectsOfChildren(model, snapshot);
  ASSERT_FALSE(matchings.empty());
  EXPECT_EQ(matchings[0].file_child, "part0");
  EXPECT_EQ(matchings[0].value_of.size(), 1);
}

TEST(WeightMatchingTest, WithoutWeightsNoValueIsGiven) {
  Snapshot snapshot;
  snapshot.weights.Mutable() = {{"w", Tensor()}, {"v", Tensor()}};
  EXPECT_TRUE(MatchOrder({}, snapshot).value_of.empty());
  EXPECT_EQ(MatchOrder({}, snapshot).values.size(), 2);
}

}  // namespace
}  // namespace cairn
