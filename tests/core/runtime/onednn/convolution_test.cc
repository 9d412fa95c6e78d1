#include "core/runtime/onednn/convolution.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

// The convolutions of a small picture network, the first with one channel.
std::vector<Convolution> Convolutions() {
  std::vector<Convolution> list;
  for (const int64_t batch : {1, 32, 128}) {
    list.push_back({.batch = batch,
                    .in_height = 28,
                    .in_width = 28,
                    .in_channels = 1,
                    .out_height = 26,
                    .out_width = 26,
                    .out_channels = 32,
                    .filter_height = 3,
                    .filter_width = 3});
    list.push_back({.batch = batch,
                    .in_height = 13,
                    .in_width = 13,
                    .in_channels = 32,
                    .out_height = 11,
                    .out_width = 11,
                    .out_channels = 64,
                    .filter_height = 3,
                    .filter_width = 3});
    list.push_back({.batch = batch,
                    .in_height = 32,
                    .in_width = 32,
                    .in_channels = 3,
                    .out_height = 16,
                    .out_width = 16,
                    .out_channels = 24,
                    .filter_height = 5,
                    .filter_width = 5,
                    .stride_height = 2,
                    .stride_width = 2,
                    .pad_top = 1,
                    .pad_bottom = 2,
                    .pad_left = 1,
                    .pad_right = 2});
  }
  return list;
}

TEST(ConvolutionTest, NoFormTakesTheReferenceImplementation) {
  for (const Convolution& convolution : Convolutions()) {
    Convolution fused = convolution;
    fused.bias = true;
    fused.activation = "Relu";
    for (const auto& kernel :
         {MakeConvolutionForward(convolution), MakeConvolutionForward(fused),
          MakeConvolutionBackwardInput(convolution),
          MakeConvolutionBackwardFilter(convolution)}) {
      ASSERT_TRUE(kernel.ok()) << kernel.status();
      const std::string text = (*kernel)->Describe();
      EXPECT_TRUE(absl::StartsWith(text, "convolution ")) << text;
      EXPECT_FALSE(absl::StrContains(text, "ref")) << text;
    }
  }
}

TEST(ConvolutionTest, ImagesAreCutIntoTwoTasksAtLeast) {
  for (const Convolution& convolution : Convolutions()) {
    const auto kernel = MakeConvolutionForward(convolution);
    ASSERT_TRUE(kernel.ok()) << kernel.status();
    EXPECT_EQ((*kernel)->stages(), 2);
    if (convolution.batch == 1) {
      EXPECT_EQ((*kernel)->tasks(1), 1);
    } else {
      EXPECT_GE((*kernel)->tasks(1), 2);
      EXPECT_LE((*kernel)->tasks(1), 16);
    }
  }
}

TEST(ConvolutionTest, WhatTheLibraryCannotMakeIsAnError) {
  Convolution wrong = Convolutions()[0];
  wrong.out_height = 5;
  const auto kernel = MakeConvolutionForward(wrong);
  EXPECT_EQ(kernel.status().code(), absl::StatusCode::kInternal);
  EXPECT_TRUE(absl::StrContains(std::string(kernel.status().message()),
                                "oneDNN cannot make a convolution"))
      << kernel.status();
}

}  // namespace
}  // namespace cairn
