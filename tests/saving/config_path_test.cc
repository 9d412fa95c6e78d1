#include "saving/config_path.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

std::string Replaced(const std::string& json, const std::string& path) {
  const auto config = Config::FromJson(json);
  EXPECT_TRUE(IsOk(config));
  const auto replaced = ReplaceAt(*config, path, Config(7));
  return replaced.ok() ? replaced->ToJson()
                       : std::string(replaced.status().message());
}

TEST(ReplaceAtTest, FollowsMembersAndPlacesInLists) {
  const std::string json = R"({"a":{"b":[1, {"c":2}], "d":null}})";
  EXPECT_EQ(Replaced(json, "a.b.1.c"), R"({"a":{"b":[1, {"c":7}], "d":null}})");
  EXPECT_EQ(Replaced(json, "a.b.0"), R"({"a":{"b":[7, {"c":2}], "d":null}})");
  EXPECT_EQ(Replaced(json, "a.b"), R"({"a":{"b":7, "d":null}})");
  EXPECT_EQ(Replaced(json, "a.d"), R"({"a":{"b":[1, {"c":2}], "d":7}})");
}

TEST(ReplaceAtTest, OfNamesWithDotsTakesTheLongest) {
  const std::string json = R"({"a":{"b":1}, "a.b":2})";
  EXPECT_EQ(Replaced(json, "a.b"), R"({"a":{"b":1}, "a.b":7})");
  EXPECT_EQ(Replaced(R"({"a.b":{"c":1}})", "a.b.c"), R"({"a.b":{"c":7}})");
}

TEST(ReplaceAtTest, WhatIsNotThereIsSaidWithWhatIs) {
  const std::string json = R"({"a":{"b":[1, 2]}, "c":3})";
  EXPECT_EQ(Replaced(json, "x.y"), "there is no \"x.y\"; there are a, c");
  EXPECT_EQ(Replaced(json, "a.b.2"),
            "member \"a\": member \"b\": there is no \"2\"; there are 0, 1");
  EXPECT_EQ(Replaced(json, "c.d"),
            "member \"c\": there is no \"d\"; there is a single value");
  for (const char* path : {"", ".", "a.", "a..b"}) {
    const auto config = Config::FromJson(json);
    EXPECT_TRUE(IsError(ReplaceAt(*config, path, Config(7)),
                        absl::StatusCode::kInvalidArgument, {"there are"}))
        << path;
  }
}

}  // namespace
}  // namespace cairn
