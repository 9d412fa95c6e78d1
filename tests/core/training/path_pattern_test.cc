#include "core/training/path_pattern.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(PathPatternTest, PrefixesOfPathsEndWhereNamesDo) {
  EXPECT_TRUE(IsPathPrefix("", "a/b"));
  EXPECT_TRUE(IsPathPrefix("a", "a/b"));
  EXPECT_TRUE(IsPathPrefix("a/b", "a/b"));
  EXPECT_FALSE(IsPathPrefix("a", "ab/c"));
  EXPECT_FALSE(IsPathPrefix("a/b/c", "a/b"));
}

// "text,text -> rest", or "no".
std::string Find(const std::string& pattern, const std::string& path) {
  const auto match = PathPattern(pattern).Find(path);
  if (!match.has_value()) return "no";
  return absl::StrCat(absl::StrJoin(match->texts, ","), " -> ", match->rest);
}

TEST(PathPatternTest, WithoutWildcardsItIsAPrefix) {
  EXPECT_EQ(Find("", "a/b"), " -> a/b");
  EXPECT_EQ(Find("a", "a/b"), " -> b");
  EXPECT_EQ(Find("a/b", "a/b"), " -> ");
  EXPECT_EQ(Find("a", "ab/c"), "no");
}

TEST(PathPatternTest, AStarStaysWithinAName) {
  EXPECT_EQ(Find("block_*", "block_1/conv/kernel"), "1 -> conv/kernel");
  EXPECT_EQ(Find("block_*", "block_"), " -> ");
  EXPECT_EQ(Find("block_*/kernel", "block_1/conv/kernel"), "no");
  EXPECT_EQ(Find("*/*/kernel", "block_1/conv/kernel"), "block_1,conv -> ");
  EXPECT_EQ(Find("*", "a/b"), "a -> b");
  EXPECT_EQ(Find("a*b", "axb_c/b"), "no");
  EXPECT_EQ(Find("a*b", "abab/c"), "ba -> c");
}

TEST(PathPatternTest, TwoStarsGoAcrossNames) {
  EXPECT_EQ(Find("**/bias", "a/b/bias"), "a/b -> ");
  EXPECT_EQ(Find("**/bias", "a/bias_2/w"), "no");
  EXPECT_EQ(Find("**/b", "a/b/b/w"), "a -> b/w");
  EXPECT_EQ(Find("a/**/*/w", "a/b/c/d/w"), "b/c,d -> ");
  EXPECT_EQ(Find("**bias", "bias"), " -> ");
}

TEST(PathPatternTest, TextsFillAnotherPattern) {
  EXPECT_EQ(PathPattern("x/**_*/y").Fill({"a/b", "c"}), "x/a/b_c/y");
  EXPECT_EQ(PathPattern("x").Fill({}), "x");
  EXPECT_EQ(PathPattern("x/**_*").wildcards(), 2);
  EXPECT_EQ(PathPattern("x/**_*").literals(), 3);
}

TEST(PathPatternTest, ManyWildcardsAndALongNameTakeNoTime) {
  // Trying one way after another would not end.
  std::string pattern;
  for (int i = 0; i < 30; ++i) pattern += "**a";
  EXPECT_EQ(Find(pattern + "b", std::string(3000, 'a')), "no");
}

}  // namespace
}  // namespace cairn
