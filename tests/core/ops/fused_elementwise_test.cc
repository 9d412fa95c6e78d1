#include <algorithm>
#include <cmath>
#include <vector>

#include "core/graph/op.h"
#include "core/ops/elementwise_program.h"
#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

using Function = ElementwiseFunction;

OpCase CaseOf(const ElementwiseProgram& program, std::vector<Tensor> inputs,
              const Shape& shape) {
  return {
      .op = "_FusedElementwise",
      .inputs = std::move(inputs),
      .attrs = {{"program", program.Encode()},
                {"shape", std::vector<int64_t>(shape.begin(), shape.end())}}};
}

TEST(FusedElementwiseTest, RunsItsProgram) {
  // relu(a * s + b), and what it is before the relu.
  const ElementwiseProgram program = {.inputs = 3,
                                      .instructions = {{Function::kMul, 0, 1},
                                                       {Function::kAdd, 3, 2},
                                                       {Function::kRelu, 4}},
                                      .outputs = {4, 5}};
  for (const int64_t count : {1, 2, 15, 16, 17, 1000, 40000}) {
    SCOPED_TRACE(count);
    const Tensor a = Spread({count}, -1, 1), b = Spread({count}, -2, 2);
    const std::vector<Tensor> outputs =
        CheckOp(CaseOf(program, {a, Tensor::Scalar(3.0f), b}, {count}));
    std::vector<float> sums, positive;
    for (int64_t i = 0; i < count; ++i) {
      // In steps, so that the compiler rounds each.
      const volatile float product = a.values<float>()[i] * 3.0f;
      sums.push_back(product + b.values<float>()[i]);
      positive.push_back(std::max(sums.back(), 0.0f));
    }
    ExpectClose(outputs[0], sums, 0);
    ExpectClose(outputs[1], positive, 0);
  }
}

TEST(FusedElementwiseTest, KeepsShapes) {
  const ElementwiseProgram program = {
      .inputs = 1,
      .instructions = {{Function::kNeg, 0}, {Function::kExp, 1}},
      .outputs = {2}};
  const Tensor x = Spread({2, 3, 4}, -1, 1);
  const Tensor y = CheckOp(CaseOf(program, {x}, {2, 3, 4}))[0];
  EXPECT_EQ(y.shape(), Shape({2, 3, 4}));
  std::vector<float> expected;
  for (const float value : x.values<float>()) {
    expected.push_back(std::exp(-value));
  }
  ExpectClose(y, expected);
}

TEST(FusedElementwiseTest, TheLongestProgramHasRoomForEveryResult) {
  // Every result is read again by the last instructions.
  ElementwiseProgram program = {.inputs = 1};
  constexpr int kHalf = ElementwiseProgram::kMaxInstructions / 2;
  for (int i = 0; i < kHalf; ++i) {
    program.instructions.push_back({Function::kTanh, i});
  }
  int sum = kHalf;
  for (int i = 0; i < kHalf; ++i) {
    program.instructions.push_back({Function::kAdd, sum, kHalf - i});
    sum = kHalf + 1 + i;
  }
  program.outputs = {sum};
  const Tensor x = Spread({1500}, -1, 1);
  const Tensor y = CheckOp(CaseOf(program, {x}, {1500}))[0];
  std::vector<float> expected;
  for (const float value : x.values<float>()) {
    std::vector<double> powers = {value};
    for (int i = 0; i < kHalf; ++i) powers.push_back(std::tanh(powers.back()));
    double total = powers[kHalf];
    for (int i = 0; i < kHalf; ++i) total += powers[kHalf - i];
    expected.push_back(static_cast<float>(total));
  }
  ExpectClose(y, expected, 1e-5);
}

TEST(FusedElementwiseTest, AnEmptyArrayStaysEmpty) {
  const ElementwiseProgram program = {
      .inputs = 1, .instructions = {{Function::kNeg, 0}}, .outputs = {1}};
  const Tensor empty = Tensor::Zeros({DType::kFloat32, {0, 3}});
  EXPECT_EQ(CheckOp(CaseOf(program, {empty}, {0, 3}))[0].size(), 0);
}

TEST(FusedElementwiseTest, IsMadeAfterGradientsAndHasNone) {
  EXPECT_EQ(FindOp("_FusedElementwise")->gradient, nullptr);
}

}  // namespace
}  // namespace cairn
