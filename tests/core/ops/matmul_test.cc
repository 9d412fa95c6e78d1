#include "core/ops/matmul.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

struct Product {
  int64_t rows, inner, columns;
};

Tensor MakeA(const Product& p, bool transposed) {
  return Spread(transposed ? Shape{p.inner, p.rows} : Shape{p.rows, p.inner},
                -1, 1);
}

Tensor MakeB(const Product& p, bool transposed) {
  return Spread(
      transposed ? Shape{p.columns, p.inner} : Shape{p.inner, p.columns}, -0.5,
      0.5);
}

OpCase CaseOf(const Tensor& a, const Tensor& b, bool ta, bool tb) {
  return {.op = "MatMul",
          .inputs = {a, b},
          .attrs = {{"transpose_a", ta}, {"transpose_b", tb}}};
}

std::vector<float> NaiveProduct(const Product& p, const Tensor& a,
                                const Tensor& b, bool ta, bool tb) {
  const absl::Span<const float> x = a.values<float>();
  const absl::Span<const float> y = b.values<float>();
  std::vector<double> sums(p.rows * p.columns, 0);
  for (int64_t i = 0; i < p.rows; ++i) {
    for (int64_t k = 0; k < p.inner; ++k) {
      const double left = x[ta ? k * p.rows + i : i * p.inner + k];
      for (int64_t j = 0; j < p.columns; ++j) {
        sums[i * p.columns + j] +=
            left * y[tb ? j * p.inner + k : k * p.columns + j];
      }
    }
  }
  return {sums.begin(), sums.end()};
}

TEST(MatMulTest, RowsMeetColumns) {
  const Tensor a = Tensor::FromValues<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  const Tensor b = Tensor::FromValues<float>({1, 0, 0, 1, 10, 100}, {3, 2});
  ExpectClose(CheckOp(CaseOf(a, b, false, false))[0], {31, 302, 64, 605});
}

TEST(MatMulTest, EveryTransposeAgreesWithPlainLoops) {
  // Small ones, odd ones, and such as are cut by rows and by columns.
  const std::vector<Product> products = {
      {1, 1, 1},    {3, 5, 7},      {1, 784, 10},   {17, 33, 1},
      {64, 64, 64}, {128, 784, 80}, {35, 300, 700}, {700, 300, 35},
  };
  for (const Product& p : products) {
    for (const bool ta : {false, true}) {
      for (const bool tb : {false, true}) {
        SCOPED_TRACE(testing::Message() << p.rows << " x " << p.inner << " x "
                                        << p.columns << " " << ta << tb);
        const Tensor a = MakeA(p, ta), b = MakeB(p, tb);
        ExpectClose(CheckOp(CaseOf(a, b, ta, tb))[0],
                    NaiveProduct(p, a, b, ta, tb), 2e-5);
      }
    }
  }
}

TEST(MatMulTest, GradientsMatchDifferences) {
  const Product p = {4, 3, 5};
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      SCOPED_TRACE(testing::Message() << ta << tb);
      OpCase op_case = CaseOf(MakeA(p, ta), MakeB(p, tb), ta, tb);
      op_case.differentiate = {0, 1};
      if (!ta) op_case.batched = {0};
      CheckOp(op_case);
    }
  }
}

TEST(MatMulTest, AnEpilogueAddsTheBiasAndAppliesTheActivation) {
  for (const Product& p :
       {Product{3, 5, 7}, Product{128, 256, 96}, Product{16, 256, 700}}) {
    SCOPED_TRACE(p.columns);
    const Tensor a = MakeA(p, false), b = MakeB(p, false);
    const Tensor bias = Spread({p.columns}, -1, 1);
    std::vector<float> plain = NaiveProduct(p, a, b, false, false);
    for (const bool with_bias : {false, true}) {
      OpCase op_case = CaseOf(a, b, false, false);
      std::vector<float> sums = plain;
      if (with_bias) {
        op_case.inputs.push_back(bias);
        for (size_t i = 0; i < sums.size(); ++i) {
          sums[i] += bias.values<float>()[i % p.columns];
        }
      }
      op_case.attrs["epilogue_bias"] = with_bias;
      for (const std::string activation : {"", "Relu", "Sigmoid", "Tanh"}) {
        SCOPED_TRACE(activation);
        std::vector<float> expected = sums;
        for (float& x : expected) {
          if (activation == "Relu") x = std::max(x, 0.0f);
          if (activation == "Sigmoid") x = 1 / (1 + std::exp(-x));
          if (activation == "Tanh") x = std::tanh(x);
        }
        op_case.attrs["epilogue_activation"] = activation;
        ExpectClose(CheckOp(op_case)[0], expected, 2e-5);
      }
    }
  }
}

TEST(MatMulTest, ANotANumberAndInfinityComeThrough) {
  const Tensor a = Tensor::FromValues<float>({NAN, 1, INFINITY, 1}, {2, 2});
  const Tensor b = Tensor::FromValues<float>({1, 2}, {2, 1});
  ExpectClose(CheckOp(CaseOf(a, b, false, false))[0], {NAN, INFINITY});
}

TEST(MatMulTest, NoRowsGiveNoRowsAndNothingSummedIsZero) {
  const Tensor none = Tensor::Zeros({DType::kFloat32, {0, 3}});
  EXPECT_EQ(CheckOp(CaseOf(none, Spread({3, 2}, 0, 1), false, false))[0].size(),
            0);
  // What (2, 0) times (0, 2) sums is nothing.
  const Tensor thin = Tensor::Zeros({DType::kFloat32, {2, 0}});
  OpCase nothing = CaseOf(thin, thin, false, true);
  ExpectClose(CheckOp(nothing)[0], {0, 0, 0, 0});
  nothing.inputs.push_back(Tensor::FromValues<float>({-1, 3}, {2}));
  nothing.attrs["epilogue_bias"] = true;
  nothing.attrs["epilogue_activation"] = std::string("Relu");
  ExpectClose(CheckOp(nothing)[0], {0, 3, 0, 3});
}

TEST(MatMulTest, WhatDoesNotFitIsNamed) {
  const auto expect_error = [](const OpCase& op_case, const char* text) {
    const std::string error = TraceError(op_case);
    EXPECT_NE(error.find(text), std::string::npos) << error;
  };
  const Tensor a = Spread({2, 3}, 0, 1), b = Spread({4, 2}, 0, 1);
  expect_error(CaseOf(a, b, false, false), "inner dimensions differ: 3 and 4");
  expect_error(CaseOf(a, b, false, true), "inner dimensions differ: 3 and 2");
  expect_error(CaseOf(a, Spread({3}, 0, 1), false, false),
               "needs two float32 matrices");
  expect_error(
      CaseOf(a, Tensor::FromValues<int32_t>({1, 2, 3}, {3, 1}), false, false),
      "needs two float32 matrices");
}

}  // namespace
}  // namespace cairn
