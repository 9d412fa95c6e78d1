#include "core/ops/softmax.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

TEST(SoftmaxTest, RowsAreProbabilities) {
  for (const int64_t classes : {1, 2, 10, 16, 17, 100}) {
    SCOPED_TRACE(classes);
    const Tensor x = Spread({5, classes}, -4, 4);
    const Tensor y =
        CheckOp({.op = "Softmax", .inputs = {x}, .batched = {0}})[0];
    std::vector<float> expected;
    for (int64_t row = 0; row < 5; ++row) {
      double sum = 0;
      for (int64_t c = 0; c < classes; ++c) {
        sum +=
            std::exp(static_cast<double>(x.values<float>()[row * classes + c]));
      }
      for (int64_t c = 0; c < classes; ++c) {
        expected.push_back(
            static_cast<float>(std::exp(static_cast<double>(
                                   x.values<float>()[row * classes + c])) /
                               sum));
      }
    }
    ExpectClose(y, expected);
  }
}

TEST(SoftmaxTest, LargeLogitsDoNotOverflow) {
  const float inf = std::numeric_limits<float>::infinity(), nan = NAN;
  const Tensor x = Tensor::FromValues<float>(
      {1000, 1000, 0, -1000, 0, -inf, nan, 0, 1}, {3, 3});
  ExpectClose(CheckOp({.op = "Softmax", .inputs = {x}})[0],
              {0.5, 0.5, 0, 0, 1, 0, nan, nan, nan});
}

TEST(SoftmaxTest, TheGradientMatchesDifferences) {
  CheckOp({.op = "Softmax",
           .inputs = {Spread({3, 6}, -2, 2)},
           .batched = {0},
           .differentiate = {0}});
  CheckOp({.op = "Softmax",
           .inputs = {Spread({2, 3, 4}, -2, 2)},
           .batched = {0},
           .differentiate = {0}});
}

TEST(SoftmaxTest, ManyRowsAreCutIntoTasks) {
  const Tensor x = Spread({3000, 10}, -2, 2);
  const Tensor y = CheckOp({.op = "Softmax", .inputs = {x}})[0];
  for (int64_t row = 0; row < 3000; ++row) {
    double sum = 0;
    for (int64_t c = 0; c < 10; ++c) sum += y.values<float>()[row * 10 + c];
    ASSERT_NEAR(sum, 1, 1e-6);
  }
}

}  // namespace
}  // namespace cairn
