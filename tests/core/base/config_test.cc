#include "core/base/config.h"

#include <cmath>
#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace cairn {
namespace {

// What is read from `text` and written again.
std::string Again(const std::string& text) {
  const absl::StatusOr<Config> config = Config::FromJson(text);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? config->ToJson() : "";
}

std::string ErrorOf(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(ConfigTest, LiteralsTakeTheirTypes) {
  EXPECT_TRUE(Config().is_null());
  EXPECT_EQ(*Config(true).As<bool>(), true);
  EXPECT_EQ(*Config(3).As<int64_t>(), 3);
  EXPECT_EQ(*Config(0.5).As<double>(), 0.5);
  // Not a truth.
  EXPECT_TRUE(Config("text").is_string());
  EXPECT_TRUE(Config(absl::string_view("text")).is_string());
  EXPECT_TRUE(Config(Config::List{}).is_list());
  EXPECT_TRUE(Config(Config::Object{}).is_object());
}

TEST(ConfigTest, AWholeNumberIsANumberButNotTheOtherWay) {
  EXPECT_EQ(*Config(3).As<double>(), 3.0);
  EXPECT_EQ(ErrorOf(Config(3.0).As<int64_t>().status()),
            "expected an integer, got 3.0");
  EXPECT_EQ(ErrorOf(Config(1).As<bool>().status()),
            "expected true or false, got 1");
  EXPECT_EQ(ErrorOf(Config(true).As<double>().status()),
            "expected a number, got true");
  EXPECT_EQ(ErrorOf(Config().As<std::string>().status()),
            "expected a string, got null");
  EXPECT_EQ(ErrorOf(Config("x").As<Config::List>().status()),
            "expected a list, got \"x\"");
  EXPECT_EQ(ErrorOf(Config(Config::List{1, 2}).As<Config::Object>().status()),
            "expected an object, got [1, 2]");
  // A long value is cut.
  EXPECT_LT(ErrorOf(Config(std::string(500, 'x')).As<bool>().status()).size(),
            100);
}

TEST(ConfigTest, MembersKeepTheirOrderAndErrorsNameTheKey) {
  Config config;
  config.Set("zeta", 1);
  config.Set("alpha", "two");
  config.Set("zeta", 3);
  EXPECT_EQ(config.ToJson(), R"({"zeta":3, "alpha":"two"})");
  EXPECT_EQ(*config.Get<int64_t>("zeta"), 3);
  EXPECT_EQ(ErrorOf(config.Get<int64_t>("alpha").status()),
            "member \"alpha\": expected an integer, got \"two\"");
  const absl::Status missing = config.Get<int64_t>("beta").status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(missing.message(), "no member \"beta\"");
  EXPECT_EQ(ErrorOf(Config(3).Find("x").status()), "expected an object, got 3");
}

TEST(ConfigTest, JsonIsReadAndWrittenAlike) {
  for (const char* text :
       {"null", "true", "[]", "{}", "-9223372036854775808",
        "9223372036854775807", "0.1", "-0.0", "1.0", "[1, [2, [3]], {}]",
        R"({"a":{"b":[null, false]}, "":"empty"})",
        R"("quote \" backslash \\ line \n \u0001 end")"}) {
    EXPECT_EQ(Again(text), text);
  }
  EXPECT_EQ(Again(R"(  { "a" : [ 1 ,2 ] }  )"), R"({"a":[1, 2]})");
  EXPECT_EQ(Again(R"("\u00e4\ud83d\ude00")"), "\"\u00e4\U0001F600\"");
}

TEST(ConfigTest, NumbersComeBackExactly) {
  for (const double x :
       {0.1, 1e-7, 1.0 / 3, 1e300, 5e-324, 123456789.0, 1e22, -2.5,
        std::numeric_limits<double>::max(), static_cast<double>(0.001f)}) {
    const absl::StatusOr<Config> config = Config::FromJson(Config(x).ToJson());
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(*config->As<double>(), x);
    // A whole number that was a float stays one.
    EXPECT_FALSE(config->As<int64_t>().ok()) << x;
  }
  // More than an integer holds.
  EXPECT_EQ(*Config::FromJson("18446744073709551615")->As<double>(),
            18446744073709551615.0);
}

TEST(ConfigTest, NumbersThatAreNotFiniteAreWrittenAsPythonDoes) {
  EXPECT_EQ(Config(std::nan("")).ToJson(), "NaN");
  EXPECT_EQ(Config(HUGE_VAL).ToJson(), "Infinity");
  EXPECT_EQ(Config(-HUGE_VAL).ToJson(), "-Infinity");
  const char* text = R"({"a":[NaN, Infinity, -Infinity], "NaN":"Infinity"})";
  EXPECT_EQ(Again(text), text);
  const Config config = *Config::FromJson(text);
  const Config::List list = *config.Get<Config::List>("a");
  EXPECT_TRUE(std::isnan(*list[0].As<double>()));
  EXPECT_EQ(*list[1].As<double>(), HUGE_VAL);
  EXPECT_EQ(*list[2].As<double>(), -HUGE_VAL);
  // Within a string they are text, also behind an escaped quote.
  EXPECT_EQ(*config.Get<std::string>("NaN"), "Infinity");
  EXPECT_EQ(Again(R"(["\" NaN", "\\", NaN])"), R"(["\" NaN", "\\", NaN])");
}

TEST(ConfigTest, AStringThatLooksLikeTheMarkOfANumberStaysAString) {
  for (const char* text : {"\x01NaN", "\x01-Infinity", "\x01", "\x01\x01NaN"}) {
    const Config config(Config::Object{{text, text}});
    const absl::StatusOr<Config> read = Config::FromJson(config.ToJson());
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, config);
  }
}

TEST(ConfigTest, IndentedTextIsReadBack) {
  const Config config = *Config::FromJson(R"({"a":[1, {}], "b":{"c":null}})");
  const std::string text = config.ToJson(2);
  EXPECT_EQ(text,
            "{\n"
            "  \"a\": [\n"
            "    1,\n"
            "    {}\n"
            "  ],\n"
            "  \"b\": {\n"
            "    \"c\": null\n"
            "  }\n"
            "}");
  EXPECT_EQ(*Config::FromJson(text), config);
}

TEST(ConfigTest, WhatIsNoJsonIsRefused) {
  for (const char* text : {"", " ", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "'a'",
                           "01", "nul", "1 2", "[1] x", "\"\x01\"", "\"open",
                           "NaNa", "-NaN", "\"\xff\"", "{1:2}", "\xef\xbb"}) {
    EXPECT_NE(ErrorOf(Config::FromJson(text).status()).find("JSON"),
              std::string::npos)
        << text;
  }
}

TEST(ConfigTest, NestingHasALimit) {
  const auto nested = [](int depth, const char* open, const char* close) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += open;
    text += "1";
    for (int i = 0; i < depth; ++i) text += close;
    return text;
  };
  EXPECT_TRUE(Config::FromJson(nested(200, "[", "]")).ok());
  EXPECT_TRUE(Config::FromJson(nested(200, "{\"a\":", "}")).ok());
  EXPECT_EQ(ErrorOf(Config::FromJson(nested(201, "[", "]")).status()),
            "JSON: nested deeper than 200 levels");
  EXPECT_EQ(ErrorOf(Config::FromJson(nested(100000, "{\"a\":", "}")).status()),
            "JSON: nested deeper than 200 levels");
  EXPECT_EQ(ErrorOf(Config::FromJson(std::string(1000000, '[')).status()),
            "JSON: nested deeper than 200 levels");
}

TEST(ConfigTest, TextThatIsNotUtf8IsWrittenAsJsonAllTheSame) {
  EXPECT_TRUE(Config::FromJson(Config(std::string("\xff")).ToJson()).ok());
}

TEST(ConfigTest, ConfigsAreEqualByValueAndOrder) {
  EXPECT_EQ(*Config::FromJson("[1, {\"a\":2}]"),
            Config(Config::List{1, Config::Object{{"a", 2}}}));
  EXPECT_FALSE(Config(1) == Config(1.0));
  EXPECT_FALSE(*Config::FromJson(R"({"a":1, "b":2})") ==
               *Config::FromJson(R"({"b":2, "a":1})"));
}

}  // namespace
}  // namespace cairn
