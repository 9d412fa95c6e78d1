#include "saving/checkpoint_difference.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/saving/small_snapshot.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Kind = EntryDifference::Kind;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

CheckpointDifference Compare(const Snapshot& first, const Snapshot& second,
                             bool bitwise = false) {
  FaultFileSystem files;
  files.Put("run/notes.txt", "");
  const Format& format = *FindFormat("tf");
  EXPECT_TRUE(IsOk(format.Write(first, "run/a", {.files = &files})));
  EXPECT_TRUE(IsOk(format.Write(second, "run/b", {.files = &files})));
  const auto a = NamedCheckpoint::Open("run/a", files);
  const auto b = NamedCheckpoint::Open("run/b.index", files);
  EXPECT_TRUE(IsOk(a));
  EXPECT_TRUE(IsOk(b));
  const auto difference = CompareCheckpoints(**a, **b, {.bitwise = bitwise});
  EXPECT_TRUE(IsOk(difference));
  return difference.value_or(CheckpointDifference());
}

// The kernel of SmallSnapshot() with these two values.
Snapshot WithKernel(std::vector<float> values) {
  Snapshot snapshot = SmallSnapshot(3);
  snapshot.weights.Mutable()[0].value =
      Tensor::FromValues<float>(values, {2, 1});
  return snapshot;
}

// The only difference of two snapshots.
EntryDifference OneDifference(const Snapshot& first, const Snapshot& second,
                              bool bitwise = false) {
  const CheckpointDifference difference = Compare(first, second, bitwise);
  EXPECT_EQ(difference.entries.size(), 1u);
  return difference.entries.empty() ? EntryDifference() : difference.entries[0];
}

TEST(CheckpointDifferenceTest, EqualOnesHaveNone) {
  const CheckpointDifference difference =
      Compare(SmallSnapshot(3), SmallSnapshot(3), /*bitwise=*/true);
  EXPECT_TRUE(difference.entries.empty());
  EXPECT_GT(difference.compared, 8);
}

TEST(CheckpointDifferenceTest, ValuesSayHowFarTheyAreApart) {
  const EntryDifference found =
      OneDifference(WithKernel({2, 8}), WithKernel({2.5, 8}));
  EXPECT_EQ(found.kind, Kind::kValues);
  EXPECT_EQ(found.part, "weights");
  EXPECT_EQ(found.name, "dense/kernel");
  EXPECT_EQ(found.elements, 2);
  EXPECT_EQ(found.different, 1);
  EXPECT_EQ(found.largest_absolute, 0.5);
  EXPECT_EQ(found.largest_relative, 0.2);
}

TEST(CheckpointDifferenceTest, OtherSignsAreTwiceTheirMagnitudeApart) {
  const float largest = std::numeric_limits<float>::max();
  const EntryDifference found =
      OneDifference(WithKernel({-largest, 1}), WithKernel({largest, 1}));
  EXPECT_EQ(found.largest_relative, 2);
}

TEST(CheckpointDifferenceTest, ANanEqualsANanUnlessBitsAreAskedFor) {
  const float other_nan = -kNan;
  EXPECT_TRUE(Compare(WithKernel({kNan, 1}), WithKernel({other_nan, 1}))
                  .entries.empty());
  EXPECT_EQ(OneDifference(WithKernel({kNan, 1}), WithKernel({other_nan, 1}),
                          /*bitwise=*/true)
                .largest_absolute,
            0);
  EXPECT_EQ(
      OneDifference(WithKernel({kNan, 1}), WithKernel({0, 1})).largest_absolute,
      kInfinity);
}

TEST(CheckpointDifferenceTest, ZeroEqualsMinusZeroUnlessBitsAreAskedFor) {
  EXPECT_TRUE(
      Compare(WithKernel({0.0f, 1}), WithKernel({-0.0f, 1})).entries.empty());
  EXPECT_EQ(OneDifference(WithKernel({0.0f, 1}), WithKernel({-0.0f, 1}),
                          /*bitwise=*/true)
                .different,
            1);
}

TEST(CheckpointDifferenceTest, LargeIntegersAreComparedExactly) {
  Snapshot first = SmallSnapshot(3), second = SmallSnapshot(3);
  constexpr int64_t kLarge = int64_t{1} << 60;
  first.optimizer.Mutable()[0].value = Tensor::Scalar<int64_t>(kLarge);
  second.optimizer.Mutable()[0].value = Tensor::Scalar<int64_t>(kLarge + 1);
  const EntryDifference found = OneDifference(first, second);
  EXPECT_EQ(found.name, "iterations");
  EXPECT_EQ(found.largest_absolute, 1);
}

TEST(CheckpointDifferenceTest, TypesAndShapesAreNamed) {
  Snapshot first = SmallSnapshot(3), second = SmallSnapshot(3);
  second.weights.Mutable()[0].value =
      (*first.weights)[0].value.Reshaped({1, 2});
  const EntryDifference shape = OneDifference(first, second);
  EXPECT_EQ(shape.kind, Kind::kShape);
  EXPECT_EQ(shape.first, "float32 (2, 1)");
  EXPECT_EQ(shape.second, "float32 (1, 2)");
  second.weights.Mutable()[0].value = Tensor::Zeros({DType::kFloat64, {2, 1}});
  EXPECT_EQ(OneDifference(first, second).kind, Kind::kType);
}

TEST(CheckpointDifferenceTest, WhatOneLacksIsNamed) {
  Snapshot first = SmallSnapshot(3), second = SmallSnapshot(3);
  second.extras["callback/A.b"].tensors[0].name = "other";
  const CheckpointDifference difference = Compare(first, second);
  ASSERT_EQ(difference.entries.size(), 2u);
  EXPECT_EQ(difference.entries[0].kind, Kind::kOnlyInFirst);
  EXPECT_EQ(difference.entries[0].name, "callback/A.b/a/b.S");
  EXPECT_EQ(difference.entries[1].kind, Kind::kOnlyInSecond);
  EXPECT_EQ(difference.entries[1].name, "callback/A.b/other");
}

TEST(CheckpointDifferenceTest, ConfigsSayTheirFirstMemberThatDiffers) {
  Snapshot first = SmallSnapshot(3), second = SmallSnapshot(3);
  second.compile = Config(Config::Object{{"loss", "mse"}, {"n", 4}});
  const EntryDifference found = OneDifference(first, second);
  EXPECT_EQ(found.kind, Kind::kText);
  EXPECT_EQ(found.first, "n = 3");
  EXPECT_EQ(found.second, "n = 4");
  second.compile = Config(Config::Object{{"loss", "mse"}});
  EXPECT_EQ(OneDifference(first, second).second, "no n");
}

TEST(CheckpointDifferenceTest, DamageIsAnError) {
  FaultFileSystem files;
  files.Put("run/notes.txt", "");
  ASSERT_TRUE(IsOk(
      FindFormat("tf")->Write(SmallSnapshot(3), "run/a", {.files = &files})));
  const std::string path = "run/a.data-00000-of-00001";
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto good,
                             NamedCheckpoint::Open("run/a", files));
  std::string content = files.Contents().at(path);
  // Behind the counter, which is read at once.
  content[9] = static_cast<char>(content[9] ^ 1);
  files.Put(path, content);
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto bad,
                             NamedCheckpoint::Open("run/a", files));
  EXPECT_TRUE(IsError(CompareCheckpoints(*good, *bad),
                      absl::StatusCode::kDataLoss, {path}));
}

}  // namespace
}  // namespace cairn
