#include "layers/image_window.h"

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(ImageWindowTest, PaddingFillsUpWhatIsTooSmall) {
  ImageWindow window = {.size = {3, 2}, .strides = {1, 1}, .padding = "valid"};
  EXPECT_TRUE(IsOk(CheckImageWindow({kDynamic, 3, 2, 1}, window)));
  EXPECT_TRUE(IsError(CheckImageWindow({kDynamic, 3, 1, 1}, window), kInvalid,
                      {"(3, 2)", "reaches over 2", "(None, 3, 1, 1)"}));
  window.padding = "Same";
  EXPECT_TRUE(IsOk(CheckImageWindow({kDynamic, 3, 1, 1}, window)));
}

TEST(ImageWindowTest, DilationReachesFurther) {
  const ImageWindow window = {.size = {3, 1},
                              .strides = {1, 1},
                              .dilations = {2, 1},
                              .padding = "valid"};
  EXPECT_TRUE(IsOk(CheckImageWindow({kDynamic, 5, 1, 1}, window)));
  EXPECT_TRUE(IsError(CheckImageWindow({kDynamic, 4, 1, 1}, window), kInvalid,
                      {"reaches over 5"}));
}

TEST(ImageWindowTest, AnUnknownSizeFits) {
  const ImageWindow window = {
      .size = {9, 9}, .strides = {1, 1}, .padding = "valid"};
  EXPECT_TRUE(
      IsOk(CheckImageWindow({kDynamic, kDynamic, kDynamic, 1}, window)));
}

}  // namespace
}  // namespace cairn
