#include "core/ops/binary.h"

#include <cmath>

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

Tensor Floats(std::initializer_list<float> values) {
  return Tensor::FromValues<float>(values,
                                   {static_cast<int64_t>(values.size())});
}

TEST(BinaryTest, FloatsAreComputed) {
  const Tensor a = Floats({1, -2, 3}), b = Floats({4, 0.5, -2});
  ExpectClose(CheckOp({.op = "AddV2", .inputs = {a, b}})[0], {5, -1.5, 1});
  ExpectClose(CheckOp({.op = "Sub", .inputs = {a, b}})[0], {-3, -2.5, 5});
  ExpectClose(CheckOp({.op = "Mul", .inputs = {a, b}})[0], {4, -1, -6});
  ExpectClose(CheckOp({.op = "RealDiv", .inputs = {a, b}})[0],
              {0.25, -4, -1.5});
  ExpectClose(CheckOp({.op = "Maximum", .inputs = {a, b}})[0], {4, 0.5, 3});
  ExpectClose(CheckOp({.op = "Minimum", .inputs = {a, b}})[0], {1, -2, -2});
  ExpectClose(CheckOp({.op = "Pow",
                       .inputs = {Floats({2, 9, 0}), Floats({3, 0.5, 0})}})[0],
              {8, 3, 1});
}

TEST(BinaryTest, OtherTypesAreComputed) {
  const Tensor a = Tensor::FromValues<int64_t>({7, -7, int64_t{1} << 40}, {3});
  const Tensor b = Tensor::Scalar<int64_t>(2);
  const Tensor sum = CheckOp({.op = "AddV2", .inputs = {a, b}})[0];
  EXPECT_EQ(sum.values<int64_t>(),
            absl::Span<const int64_t>({9, -5, (int64_t{1} << 40) + 2}));
  const Tensor c = Tensor::FromValues<double>({0.1, 0.2}, {2});
  const Tensor product = CheckOp({.op = "Mul", .inputs = {c, c}})[0];
  EXPECT_EQ(product.values<double>(),
            absl::Span<const double>({0.1 * 0.1, 0.2 * 0.2}));
}

TEST(BinaryTest, ANotANumberWins) {
  const float nan = NAN;
  const Tensor a = Floats({nan, 1}), b = Floats({1, nan});
  ExpectClose(CheckOp({.op = "Maximum", .inputs = {a, b}})[0], {nan, nan});
  ExpectClose(CheckOp({.op = "Minimum", .inputs = {a, b}})[0], {nan, nan});
}

TEST(BinaryTest, ShapesBroadcastAsInNumpy) {
  const Tensor column = Tensor::FromValues<float>({10, 20}, {2, 1});
  const Tensor row = Floats({1, 2, 3});
  const Tensor matrix = Tensor::FromValues<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  ExpectClose(CheckOp({.op = "AddV2", .inputs = {column, row}})[0],
              {11, 12, 13, 21, 22, 23});
  ExpectClose(CheckOp({.op = "Sub", .inputs = {matrix, row}})[0],
              {0, 0, 0, 3, 3, 3});
  ExpectClose(CheckOp({.op = "Sub", .inputs = {row, matrix}})[0],
              {0, 0, 0, -3, -3, -3});
  ExpectClose(CheckOp({.op = "Mul", .inputs = {matrix, column}})[0],
              {10, 20, 30, 80, 100, 120});
  ExpectClose(CheckOp({.op = "RealDiv", .inputs = {column, matrix}})[0],
              {10, 5, 10.0f / 3, 5, 4, 20.0f / 6});
  ExpectClose(
      CheckOp({.op = "Mul", .inputs = {matrix, Tensor::Scalar(2.0f)}})[0],
      {2, 4, 6, 8, 10, 12});
}

TEST(BinaryTest, BroadcastOfEveryKindOfOperandAgreesWithPlainLoops) {
  const Shape out = {3, 4, 5, 37};
  const Tensor whole = Spread(out, 0.5, 2);
  for (const Shape& shape :
       {Shape{37}, Shape{5, 1}, Shape{4, 1, 1}, Shape{3, 1, 1, 1},
        Shape{3, 4, 5, 1}, Shape{3, 1, 5, 37}, Shape{1, 4, 1, 37},
        Shape{1, 1, 1, 1}, Shape{4, 5, 37}}) {
    SCOPED_TRACE(ShapeToString(shape));
    const Tensor part = Spread(shape, -2, 2);
    const absl::Span<const float> w = whole.values<float>();
    const absl::Span<const float> p = part.values<float>();
    std::vector<float> expected, swapped;
    for (int64_t i = 0; i < whole.size(); ++i) {
      int64_t rest = i, at = 0, stride = 1;
      for (size_t d = 0; d < out.size(); ++d) {
        const int64_t size = out[3 - d];
        if (d < shape.size() && shape[shape.size() - 1 - d] != 1) {
          at += rest % size * stride;
          stride *= size;
        }
        rest /= size;
      }
      expected.push_back(w[i] - p[at]);
      swapped.push_back(p[at] / w[i]);
    }
    ExpectClose(CheckOp({.op = "Sub", .inputs = {whole, part}})[0], expected);
    ExpectClose(CheckOp({.op = "RealDiv", .inputs = {part, whole}})[0],
                swapped);
  }
}

TEST(BinaryTest, GradientsMatchDifferences) {
  const Tensor a = Spread({4, 6}, -2, 2), b = Spread({4, 6}, 0.5, 1.5);
  for (const char* op :
       {"AddV2", "Sub", "Mul", "RealDiv", "Maximum", "Minimum"}) {
    CheckOp({.op = op,
             .inputs = {a, b},
             .batched = {0, 1},
             .differentiate = {0, 1}});
  }
  CheckOp({.op = "Pow",
           .inputs = {b, Tensor::Scalar(2.5f)},
           .batched = {0},
           .differentiate = {0}});
}

TEST(BinaryTest, GradientsOfRepeatedOperandsAreSums) {
  const Tensor matrix = Spread({4, 6}, 0.5, 1.5);
  const Tensor column = Spread({4, 1}, 1, 2), row = Spread({6}, 1, 3);
  for (const char* op : {"AddV2", "Sub", "Mul", "RealDiv"}) {
    CheckOp({.op = op,
             .inputs = {matrix, column},
             .batched = {0, 1},
             .differentiate = {0, 1}});
    CheckOp({.op = op,
             .inputs = {matrix, row},
             .batched = {0},
             .differentiate = {0, 1}});
    CheckOp({.op = op,
             .inputs = {Tensor::Scalar(2.0f), matrix},
             .batched = {1},
             .differentiate = {0, 1}});
  }
}

TEST(BinaryTest, LongOperandsAreCutIntoTasks) {
  const Tensor a = Spread({70001}, -2, 2), b = Spread({70001}, 0.5, 1.5);
  const Tensor sum = CheckOp({.op = "Mul", .inputs = {a, b}})[0];
  for (int64_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(sum.values<float>()[i],
              a.values<float>()[i] * b.values<float>()[i]);
  }
}

TEST(BinaryTest, EmptyOperandsGiveAnEmptyResult) {
  const Tensor empty = Tensor::Zeros({DType::kFloat32, {0, 3}});
  EXPECT_EQ(CheckOp({.op = "AddV2", .inputs = {empty, empty}})[0].size(), 0);
}

TEST(BinaryTest, WhatDoesNotFitIsNamed) {
  EXPECT_NE(TraceError({.op = "AddV2",
                        .inputs = {Spread({2, 3}, 0, 1), Spread({4}, 0, 1)}})
                .find("(2, 3) and (4,) do not fit"),
            std::string::npos)
      << TraceError({.op = "AddV2",
                     .inputs = {Spread({2, 3}, 0, 1), Spread({4}, 0, 1)}});
  EXPECT_NE(TraceError({.op = "Mul",
                        .inputs = {Spread({2}, 0, 1),
                                   Tensor::FromValues<int32_t>({1, 2}, {2})}})
                .find("types differ"),
            std::string::npos);
  const Tensor truth = Tensor::FromValues<bool>({true}, {1});
  EXPECT_NE(TraceError({.op = "Mul", .inputs = {truth, truth}})
                .find("cannot compute with bool"),
            std::string::npos);
}

}  // namespace
}  // namespace cairn
