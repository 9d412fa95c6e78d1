#include "core/ops/bias_add.h"

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

TEST(BiasAddTest, EachChannelGetsItsBias) {
  const Tensor x = Tensor::FromValues<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  const Tensor bias = Tensor::FromValues<float>({10, 20, 30}, {3});
  ExpectClose(CheckOp({.op = "BiasAdd",
                       .inputs = {x, bias},
                       .batched = {0},
                       .differentiate = {0, 1}})[0],
              {11, 22, 33, 14, 25, 36});
  CheckOp({.op = "BiasAdd",
           .inputs = {Spread({2, 3, 3, 5}, -1, 1), Spread({5}, -1, 1)},
           .batched = {0},
           .differentiate = {0, 1}});
}

TEST(BiasAddTest, TheGradientSumsColumnsOfAnySize) {
  for (const int64_t channels : {1, 3, 10, 16, 31, 32, 64, 100, 512, 1000}) {
    for (const int64_t rows : {1, 7, 128, 3000}) {
      SCOPED_TRACE(testing::Message() << rows << " x " << channels);
      const Tensor x = Spread({rows, channels}, -1, 1);
      std::vector<double> sums(channels, 0);
      for (int64_t i = 0; i < x.size(); ++i) {
        sums[i % channels] += x.values<float>()[i];
      }
      ExpectClose(
          CheckOp({.op = "BiasAddGrad", .inputs = {x}, .batched = {0}})[0],
          std::vector<float>(sums.begin(), sums.end()), 1e-4);
    }
  }
}

TEST(BiasAddTest, ABiasOfAnotherLengthIsRefused) {
  EXPECT_NE(TraceError({.op = "BiasAdd",
                        .inputs = {Spread({2, 3}, 0, 1), Spread({4}, 0, 1)}})
                .find("a bias for the last one"),
            std::string::npos);
}

}  // namespace
}  // namespace cairn
