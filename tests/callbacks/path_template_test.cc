#include "callbacks/path_template.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

std::string Fill(const std::string& text, const Logs& values) {
  const auto parsed = PathTemplate::Parse(text);
  if (!parsed.ok()) return parsed.status().ToString();
  const auto filled = parsed->Fill(values);
  return filled.ok() ? *filled : filled.status().ToString();
}

TEST(PathTemplateTest, PrintsNumbersAsPython) {
  const Logs values = {{"epoch", 5},
                       {"val_loss", 0.34567},
                       {"tiny", 1.5e-7},
                       {"minus", -3.25},
                       {"huge", 12345678}};
  // Each right side is Python's "...".format(...).
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"cp.ckpt", "cp.ckpt"},
      {"cp-{epoch:04d}.ckpt", "cp-0005.ckpt"},
      {"{epoch}", "5"},
      {"{epoch:d}", "5"},
      {"{epoch:3d}|", "  5|"},
      {"{epoch:03}", "005"},
      {"{val_loss:.2f}", "0.35"},
      {"{val_loss:.2}", "0.35"},
      {"{val_loss:.2e}", "3.46e-01"},
      {"{val_loss:f}", "0.345670"},
      {"{val_loss:08.3f}", "0000.346"},
      {"{tiny:g}", "1.5e-07"},
      {"{minus:07.2f}", "-003.25"},
      {"{minus:8.1f}|", "    -3.2|"},
      {"{huge:d}", "12345678"},
      {"{huge:.3}", "1.23e+07"},
      {"a{{b}}c{epoch}", "a{b}c5"},
      {"{{epoch}}", "{epoch}"},
      {"{epoch}-{epoch}/x", "5-5/x"},
  };
  for (const auto& [text, filled] : cases) {
    EXPECT_EQ(Fill(text, values), filled) << text;
  }
}

TEST(PathTemplateTest, NumbersThatAreNotFiniteHaveNames) {
  EXPECT_EQ(
      Fill("{a:.2f}-{b:04d}", {{"a", std::nan("")},
                               {"b", std::numeric_limits<double>::infinity()}}),
      "nan-0inf");
}

TEST(PathTemplateTest, WhatIsNoPlaceIsRefused) {
  for (const char* text :
       {"{", "a{epoch", "{}", "{:d}", "a}b", "{epoch:x}", "{epoch:4dd}",
        "{epoch:.d}", "{epoch:.2d}", "{epoch:-4d}", "{epoch:99d}",
        "{epoch:.99f}", "{epoch:99999999999d}", "{epoch:.99999999999f}",
        "{epoch!r}:{", "{epoch:4 d}"}) {
    EXPECT_EQ(PathTemplate::Parse(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
  EXPECT_TRUE(IsError(PathTemplate::Parse("a-{epoch:x}"),
                      absl::StatusCode::kInvalidArgument,
                      {"{epoch:x}", "{epoch:04d}"}));
}

TEST(PathTemplateTest, AnUnknownNameIsRefusedWithTheKnown) {
  CAIRN_ASSERT_OK_AND_ASSIGN(const PathTemplate parsed,
                             PathTemplate::Parse("{val_los}"));
  EXPECT_TRUE(IsError(parsed.Fill({{"epoch", 1}, {"val_loss", 2}}),
                      absl::StatusCode::kInvalidArgument,
                      {"\"val_los\"", "epoch, val_loss"}));
}

TEST(PathTemplateTest, TellsItsPlaces) {
  CAIRN_ASSERT_OK_AND_ASSIGN(const PathTemplate none,
                             PathTemplate::Parse("run/{{x}}"));
  EXPECT_FALSE(none.has_places());
  EXPECT_EQ(none.literal_prefix(), "run/{x}");
  EXPECT_TRUE(none.names().empty());
  CAIRN_ASSERT_OK_AND_ASSIGN(const PathTemplate two,
                             PathTemplate::Parse("run/cp-{epoch}-{loss:.1f}"));
  EXPECT_TRUE(two.has_places());
  EXPECT_EQ(two.literal_prefix(), "run/cp-");
  EXPECT_EQ(two.names(), (std::vector<std::string>{"epoch", "loss"}));
}

TEST(PathTemplateTest, KnowsTheNamesItGives) {
  struct Case {
    const char* text;
    std::vector<const char*> own, others;
  };
  for (const Case& one : std::vector<Case>{
           {"run/cp-{epoch:04d}-{val_loss:.2f}",
            {"cp-0001-0.25", "cp-0012--3.50", "cp-0001-nan", "cp-12345-1e+20"},
            {"cp-0001", "cp--", "cp-0001-", "xcp-0001-0.25", "cp-0001-0.25x",
             "cp-a-0.25", "cp-0001-best", ""}},
           {"{epoch}", {"1", "12"}, {"", "1-2", "1x", "ckpt-1", "+1"}},
           {"run/{loss:08.2f}{step}", {"00000.2512", "00000nan7"}, {"1", "a"}},
           {"a/b/x", {"x"}, {"", "xy", "b/x"}},
           {"{{x}}-{step}.{batch}", {"{x}-1.2"}, {"x-1.2", "{x}-1."}},
       }) {
    CAIRN_ASSERT_OK_AND_ASSIGN(const auto made, PathTemplate::Parse(one.text));
    for (const char* name : one.own) {
      EXPECT_TRUE(made.MatchesName(name)) << one.text << " " << name;
    }
    for (const char* name : one.others) {
      EXPECT_FALSE(made.MatchesName(name)) << one.text << " " << name;
    }
  }
}

TEST(PathTemplateTest, KnowsWhateverItFills) {
  for (const char* format :
       {"", ":d", ":6d", ":04d", ":.3f", ":012.2e", ":g", ":8", ":020"}) {
    CAIRN_ASSERT_OK_AND_ASSIGN(
        const auto made,
        PathTemplate::Parse(absl::StrCat("run/a{x", format, "}b")));
    for (const double value : {0.0, 1.0, -1.0, 0.001, -12.75, 1e-9, 1e30,
                               std::numeric_limits<double>::quiet_NaN(),
                               std::numeric_limits<double>::infinity(),
                               -std::numeric_limits<double>::infinity()}) {
      CAIRN_ASSERT_OK_AND_ASSIGN(const std::string path,
                                 made.Fill({{"x", value}}));
      EXPECT_TRUE(made.MatchesName(path.substr(4))) << path;
    }
  }
}

}  // namespace
}  // namespace cairn
