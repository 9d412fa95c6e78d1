#include "core/runtime/onednn/matrix_product.h"

#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

std::unique_ptr<Kernel> Make(const MatrixProduct& product) {
  absl::StatusOr<std::unique_ptr<Kernel>> kernel = MakeMatrixProduct(product);
  EXPECT_TRUE(kernel.ok()) << kernel.status();
  return *std::move(kernel);
}

TEST(MatrixProductTest, NoFormTakesTheReferenceImplementation) {
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      for (const char* activation : {"", "Relu", "Sigmoid", "Tanh"}) {
        for (const int64_t size : {1, 10, 64, 512}) {
          const std::string text = Make({.rows = 128,
                                         .inner = 784,
                                         .columns = size,
                                         .transpose_a = ta,
                                         .transpose_b = tb,
                                         .bias = !ta,
                                         .activation = activation})
                                       ->Describe();
          EXPECT_TRUE(absl::StartsWith(text, "matmul ")) << text;
          EXPECT_FALSE(absl::StrContains(text, "ref")) << text;
        }
      }
    }
  }
}

TEST(MatrixProductTest, LargeProductsAreCutAndSmallOnesNot) {
  EXPECT_EQ(Make({.rows = 32, .inner = 64, .columns = 10})->tasks(0), 1);
  EXPECT_GE(Make({.rows = 128, .inner = 784, .columns = 512})->tasks(0), 2);
  EXPECT_LE(Make({.rows = 4096, .inner = 4096, .columns = 4096})->tasks(0), 16);
}

}  // namespace
}  // namespace cairn
