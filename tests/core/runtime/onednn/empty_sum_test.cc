#include "core/runtime/onednn/empty_sum.h"

#include <vector>

#include "core/tensor/tensor.h"
#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

TEST(EmptySumTest, EveryRowIsTheActivatedBias) {
  const Tensor bias = Tensor::FromValues<float>({-1, 2}, {2});
  for (const auto& [activation, expected] :
       {std::pair<const char*, std::vector<float>>{"", {-1, 2, -1, 2}},
        {"Relu", {0, 2, 0, 2}},
        {"Sigmoid", {0.2689414f, 0.8807971f, 0.2689414f, 0.8807971f}},
        {"Tanh", {-0.7615942f, 0.9640276f, -0.7615942f, 0.9640276f}}}) {
    const auto kernel = MakeEmptySum(
        {.rows = 2, .columns = 2, .bias = true, .activation = activation});
    Tensor out = Tensor::Zeros({DType::kFloat32, {2, 2}});
    ASSERT_TRUE(kernel
                    ->Bind({{nullptr, nullptr, bias.bytes().data()},
                            {out.mutable_bytes().data()},
                            nullptr})
                    .ok());
    ASSERT_TRUE(kernel->Run(0, 0).ok());
    ExpectClose(out, expected);
  }
}

}  // namespace
}  // namespace cairn
