#include "core/ops/unary.h"

#include <cmath>
#include <functional>
#include <limits>

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

struct Function {
  const char* op;
  double low, high;
  std::function<double(double)> exact;
};

std::vector<Function> Functions() {
  return {{"Neg", -2, 2, [](double x) { return -x; }},
          {"Abs", -2, 2, [](double x) { return std::abs(x); }},
          {"Sign", -2, 2, [](double x) { return x < 0 ? -1.0 : 1.0; }},
          {"Square", -2, 2, [](double x) { return x * x; }},
          {"Sqrt", 0.5, 3, [](double x) { return std::sqrt(x); }},
          {"Rsqrt", 0.5, 3, [](double x) { return 1 / std::sqrt(x); }},
          {"Exp", -2, 2, [](double x) { return std::exp(x); }},
          {"Log", 0.5, 3, [](double x) { return std::log(x); }},
          {"Relu", -2, 2, [](double x) { return std::max(x, 0.0); }},
          {"Sigmoid", -4, 4, [](double x) { return 1 / (1 + std::exp(-x)); }},
          {"Tanh", -3, 3, [](double x) { return std::tanh(x); }}};
}

TEST(UnaryTest, ValuesAreExactToAFewBits) {
  for (const Function& function : Functions()) {
    const Tensor x = Spread({3, 29}, function.low, function.high);
    const Tensor y =
        CheckOp({.op = function.op, .inputs = {x}, .batched = {0}})[0];
    for (int64_t i = 0; i < x.size(); ++i) {
      const double exact = function.exact(x.values<float>()[i]);
      EXPECT_NEAR(y.values<float>()[i], exact, 4e-7 * std::abs(exact) + 1e-7)
          << function.op << " of " << x.values<float>()[i];
    }
  }
}

TEST(UnaryTest, GradientsMatchDifferences) {
  for (const Function& function : Functions()) {
    // A sign has no gradient.
    if (std::string(function.op) == "Sign") continue;
    const Tensor x = Spread({3, 7}, function.low, function.high);
    CheckOp({.op = function.op,
             .inputs = {x},
             .batched = {0},
             .differentiate = {0}});
  }
}

TEST(UnaryTest, LongInputsAreCutIntoTasks) {
  const Tensor x = Spread({50003}, -2, 2);
  const Tensor y = CheckOp({.op = "Relu", .inputs = {x}})[0];
  for (int64_t i = 0; i < x.size(); ++i) {
    ASSERT_EQ(y.values<float>()[i], std::max(x.values<float>()[i], 0.0f));
  }
}

TEST(UnaryTest, ExtremesAreWhatTheFunctionTendsTo) {
  const float inf = std::numeric_limits<float>::infinity(), nan = NAN;
  const auto run = [](const char* op, std::initializer_list<float> x) {
    return CheckOp({.op = op,
                    .inputs = {Tensor::FromValues<float>(
                        x, {static_cast<int64_t>(x.size())})}})[0];
  };
  ExpectClose(run("Exp", {-inf, -200, 0, 200, inf, nan}),
              {0, 0, 1, inf, inf, nan});
  ExpectClose(run("Log", {0, -1, 1, inf, nan}), {-inf, nan, 0, inf, nan});
  ExpectClose(run("Sigmoid", {-inf, -200, 0, 200, inf, nan}),
              {0, 0, 0.5, 1, 1, nan});
  ExpectClose(run("Tanh", {-inf, -200, 0, 200, inf, nan}),
              {-1, -1, 0, 1, 1, nan});
  ExpectClose(run("Relu", {-inf, -0.0f, inf, nan}), {0, 0, inf, nan});
  ExpectClose(run("Sqrt", {0, inf, -1, nan}), {0, inf, nan, nan});
  ExpectClose(run("Sign", {-inf, 0, inf, nan}), {-1, 0, 1, nan});
}

TEST(UnaryTest, SmallResultsOfExpAreExact) {
  const Tensor x = Spread({64}, -80, 80);
  const Tensor y = CheckOp({.op = "Exp", .inputs = {x}})[0];
  for (int64_t i = 0; i < x.size(); ++i) {
    const double exact = std::exp(static_cast<double>(x.values<float>()[i]));
    EXPECT_NEAR(y.values<float>()[i], exact, 5e-7 * exact);
  }
}

TEST(UnaryTest, TheGradientOfTheAbsoluteValueAtZeroIsZero) {
  // Differences see both sides of zero alike.
  const Tensor x = Tensor::FromValues<float>({0, -1, 1}, {3});
  CheckOp({.op = "Abs", .inputs = {x}, .differentiate = {0}});
}

TEST(UnaryTest, OtherTypesAreRefused) {
  EXPECT_NE(TraceError({.op = "Exp",
                        .inputs = {Tensor::FromValues<int32_t>({1}, {1})}})
                .find("needs float32, got int32"),
            std::string::npos);
}

}  // namespace
}  // namespace cairn
