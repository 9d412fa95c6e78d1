#include "core/ops/max_pool.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/graph/builder.h"
#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

using ops::MaxPoolOptions;

Attrs AttrsOf(const MaxPoolOptions& options) {
  return {{"ksize",
           std::vector<int64_t>{1, options.window[0], options.window[1], 1}},
          {"strides",
           std::vector<int64_t>{1, options.strides[0], options.strides[1], 1}},
          {"padding", options.padding},
          {"data_format", std::string("NHWC")}};
}

OpCase CaseOf(const Tensor& images, const MaxPoolOptions& options) {
  return {.op = "MaxPool",
          .inputs = {images},
          .attrs = AttrsOf(options),
          .batched = {0}};
}

struct Axis {
  int64_t places, before;
};
Axis PlaceAxis(int64_t size, int64_t window, int64_t stride, bool same) {
  if (!same) return {(size - window + stride) / stride, 0};
  const int64_t places = (size + stride - 1) / stride;
  return {places,
          std::max<int64_t>((places - 1) * stride + window - size, 0) / 2};
}

// The maxima, and for each the element of `images` that is the first largest.
struct Maxima {
  std::vector<float> values;
  std::vector<int64_t> from;
};
Maxima NaiveMaxPool(const Tensor& images, const MaxPoolOptions& o) {
  const Shape& x = images.shape();
  const bool same = o.padding == "SAME";
  const Axis height = PlaceAxis(x[1], o.window[0], o.strides[0], same);
  const Axis width = PlaceAxis(x[2], o.window[1], o.strides[1], same);
  Maxima maxima;
  for (int64_t n = 0; n < x[0]; ++n) {
    for (int64_t h = 0; h < height.places; ++h) {
      for (int64_t w = 0; w < width.places; ++w) {
        for (int64_t c = 0; c < x[3]; ++c) {
          int64_t best = -1;
          for (int64_t i = 0; i < o.window[0]; ++i) {
            for (int64_t j = 0; j < o.window[1]; ++j) {
              const int64_t row = h * o.strides[0] - height.before + i;
              const int64_t column = w * o.strides[1] - width.before + j;
              if (row < 0 || row >= x[1] || column < 0 || column >= x[2]) {
                continue;
              }
              const int64_t at = ((n * x[1] + row) * x[2] + column) * x[3] + c;
              if (best < 0 ||
                  images.values<float>()[at] > images.values<float>()[best]) {
                best = at;
              }
            }
          }
          maxima.from.push_back(best);
          maxima.values.push_back(images.values<float>()[best]);
        }
      }
    }
  }
  return maxima;
}

// Checks all four ops on one geometry.
void CheckPooling(const Tensor& images, const MaxPoolOptions& options) {
  SCOPED_TRACE(testing::Message()
               << ShapeToString(images.shape()) << " window "
               << options.window[0] << " x " << options.window[1] << " strides "
               << options.strides[0] << " x " << options.strides[1] << " "
               << options.padding);
  const Maxima expected = NaiveMaxPool(images, options);
  const Tensor maxima = CheckOp(CaseOf(images, options))[0];
  ExpectClose(maxima, expected.values, 0);

  const Tensor dy = Spread(maxima.shape(), -1, 1);
  std::vector<float> gradient(images.size(), 0);
  for (size_t i = 0; i < expected.from.size(); ++i) {
    gradient[expected.from[i]] += dy.values<float>()[i];
  }
  ExpectClose(CheckOp({.op = "MaxPoolGrad",
                       .inputs = {images, maxima, dy},
                       .attrs = AttrsOf(options),
                       .batched = {0, 1, 2}})[0],
              gradient, 1e-6);

  const std::vector<Tensor> with_index = CheckOp({.op = "_MaxPoolWithIndex",
                                                  .inputs = {images},
                                                  .attrs = AttrsOf(options),
                                                  .batched = {0}});
  EXPECT_EQ(with_index[0].bytes(), maxima.bytes());
  Attrs attrs = AttrsOf(options);
  attrs["images_shape"] =
      std::vector<int64_t>(images.shape().begin(), images.shape().end());
  ExpectClose(CheckOp({.op = "_MaxPoolGradByIndex",
                       .inputs = {with_index[1], dy},
                       .attrs = attrs})[0],
              gradient, 1e-6);
}

TEST(MaxPoolTest, TheLargestOfEachWindowStays) {
  const Tensor images = Tensor::FromValues<float>(
      {1, 2, 3, 4, 8, 7, 6, 5, -1, -2, -3, -4, -8, -7, -6, -5}, {1, 4, 4, 1});
  ExpectClose(CheckOp(CaseOf(images, {}))[0], {8, 6, -1, -3});
}

TEST(MaxPoolTest, EveryGeometryAgreesWithPlainLoops) {
  const std::vector<MaxPoolOptions> options = {
      {},
      {.padding = "SAME"},
      {.window = {3, 3}, .strides = {1, 1}},
      {.window = {3, 3}, .strides = {1, 1}, .padding = "SAME"},
      {.window = {3, 2}, .strides = {2, 1}, .padding = "SAME"},
      {.window = {2, 2}, .strides = {3, 3}},
      {.window = {2, 2}, .strides = {3, 3}, .padding = "SAME"},
      {.window = {5, 4}, .strides = {5, 4}},
      {.window = {3, 3}, .strides = {3, 3}, .padding = "SAME"},
      {.window = {1, 1}, .strides = {1, 1}},
      {.window = {1, 1}, .strides = {2, 2}},
  };
  for (const MaxPoolOptions& o : options) {
    // Fewer and more channels than a vector holds, and both.
    for (const int64_t channels : {1, 3, 16, 37}) {
      CheckPooling(Spread({2, 7, 5, channels}, -2, 2), o);
    }
  }
}

TEST(MaxPoolTest, PaddingIsNeverTheMaximum) {
  CheckPooling(Spread({1, 3, 3, 2}, -3, -1),
               {.window = {3, 3}, .strides = {2, 2}, .padding = "SAME"});
}

TEST(MaxPoolTest, TheGradientGoesToTheFirstOfEqualMaxima) {
  Tensor equal = Tensor::Zeros({DType::kFloat32, {2, 5, 5, 17}});
  for (const MaxPoolOptions& o :
       {MaxPoolOptions{}, MaxPoolOptions{.padding = "SAME"},
        MaxPoolOptions{.window = {3, 3}, .strides = {1, 1}}}) {
    CheckPooling(equal, o);
  }
  // Many ties, as behind a relu.
  Tensor some = Spread({2, 6, 6, 17}, -1, 1);
  for (float& x : some.mutable_values<float>()) {
    x = std::max(std::round(x * 2), 0.0f);
  }
  CheckPooling(some, {});
  CheckPooling(some, {.window = {3, 3}, .strides = {2, 2}});
}

TEST(MaxPoolTest, ManyImagesAreCutIntoTasks) {
  CheckPooling(Spread({9, 24, 24, 32}, -1, 1), {});
}

TEST(MaxPoolTest, TheLargestWindowWithAnIndexIsExact) {
  // 15 times 17 is 255: the last place fits a byte.
  Tensor images = Spread({1, 15, 17, 3}, -1, 1);
  for (int64_t c = 0; c < 3; ++c) {
    images.mutable_values<float>()[images.size() - 3 + c] = 5;
  }
  CheckPooling(images, {.window = {15, 17}, .strides = {15, 17}});
}

TEST(MaxPoolTest, ANotANumberWins) {
  for (const int64_t channels : {1, 32}) {
    Tensor images = Spread({1, 2, 2, channels}, -1, 1);
    images.mutable_values<float>()[channels] = NAN;
    const Tensor maxima = CheckOp(CaseOf(images, {}))[0];
    EXPECT_TRUE(std::isnan(maxima.values<float>()[0]));
    for (int64_t c = 1; c < channels; ++c) {
      EXPECT_FALSE(std::isnan(maxima.values<float>()[c]));
    }
  }
}

TEST(MaxPoolTest, NothingIsLargerThanMinusInfinity) {
  Tensor images = Tensor::Zeros({DType::kFloat32, {1, 2, 2, 9}});
  for (float& x : images.mutable_values<float>()) x = -INFINITY;
  CheckPooling(images, {});
}

TEST(MaxPoolTest, GradientsMatchDifferences) {
  for (const MaxPoolOptions& o :
       {MaxPoolOptions{}, MaxPoolOptions{.padding = "SAME"},
        MaxPoolOptions{.window = {3, 2}, .strides = {1, 1}},
        MaxPoolOptions{
            .window = {3, 3}, .strides = {2, 2}, .padding = "SAME"}}) {
    // Far apart, so that no step makes another one the largest.
    OpCase op_case = CaseOf(Spread({1, 5, 5, 2}, -20, 20), o);
    op_case.differentiate = {0};
    CheckOp(op_case);
  }
}

TEST(MaxPoolTest, TheFunctionEmitsTensorFlowsAttributes) {
  GraphBuilder builder;
  const Value images =
      builder.AddInput("x", {DType::kFloat32, {kDynamic, 7, 8, 3}});
  const MaxPoolOptions options = {
      .window = {3, 2}, .strides = {2, 1}, .padding = "SAME"};
  const Value y = ops::MaxPool(images, options);
  ASSERT_TRUE(builder.status().ok()) << builder.status();
  EXPECT_EQ(y.spec().shape, Shape({kDynamic, 4, 8, 3}));
  EXPECT_TRUE(AttrsEqual(builder.node(y.id()).attrs, AttrsOf(options)));
}

TEST(MaxPoolTest, WhatDoesNotFitIsNamed) {
  const auto expect_error = [](const OpCase& op_case, const char* text) {
    const std::string error = TraceError(op_case);
    EXPECT_NE(error.find(text), std::string::npos) << error;
  };
  expect_error(CaseOf(Spread({1, 1, 4, 1}, 0, 1), {}), "does not fit into 1");
  expect_error(CaseOf(Spread({4, 4, 1}, 0, 1), {}), "needs float32 images");
  expect_error(CaseOf(Spread({1, 4, 4, 1}, 0, 1), {.strides = {1, -1}}),
               "must be positive");
  expect_error(CaseOf(Spread({1, 4, 4, 1}, 0, 1), {.padding = "FULL"}),
               "got \"FULL\"");
}

}  // namespace
}  // namespace cairn
