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

}  // namespace
}  // namespace cairn
