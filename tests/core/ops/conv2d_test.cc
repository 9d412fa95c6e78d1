#include "core/ops/conv2d.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/graph/builder.h"
#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

using ops::Conv2DOptions;

Attrs AttrsOf(const Conv2DOptions& options) {
  return {{"strides",
           std::vector<int64_t>{1, options.strides[0], options.strides[1], 1}},
          {"dilations", std::vector<int64_t>{1, options.dilations[0],
                                             options.dilations[1], 1}},
          {"padding", options.padding},
          {"data_format", std::string("NHWC")}};
}

OpCase CaseOf(const Tensor& images, const Tensor& filter,
              const Conv2DOptions& options) {
  return {.op = "Conv2D",
          .inputs = {images, filter},
          .attrs = AttrsOf(options),
          .batched = {0}};
}

// One axis by TensorFlow's rule: how many places, and what is put in front.
struct Axis {
  int64_t places, before;
};
Axis PlaceAxis(int64_t size, int64_t filter, int64_t stride, int64_t dilation,
               bool same) {
  const int64_t reach = (filter - 1) * dilation + 1;
  if (!same) return {(size - reach + stride) / stride, 0};
  const int64_t places = (size + stride - 1) / stride;
  return {places,
          std::max<int64_t>((places - 1) * stride + reach - size, 0) / 2};
}

// Seven loops.
std::vector<float> NaiveConv2D(const Tensor& images, const Tensor& filter,
                               const Conv2DOptions& o) {
  const Shape& x = images.shape();
  const Shape& f = filter.shape();
  const bool same = o.padding == "SAME";
  const Axis height = PlaceAxis(x[1], f[0], o.strides[0], o.dilations[0], same);
  const Axis width = PlaceAxis(x[2], f[1], o.strides[1], o.dilations[1], same);
  std::vector<float> result;
  for (int64_t n = 0; n < x[0]; ++n) {
    for (int64_t h = 0; h < height.places; ++h) {
      for (int64_t w = 0; w < width.places; ++w) {
        for (int64_t c = 0; c < f[3]; ++c) {
          double sum = 0;
          for (int64_t i = 0; i < f[0]; ++i) {
            for (int64_t j = 0; j < f[1]; ++j) {
              const int64_t row =
                  h * o.strides[0] - height.before + i * o.dilations[0];
              const int64_t column =
                  w * o.strides[1] - width.before + j * o.dilations[1];
              if (row < 0 || row >= x[1] || column < 0 || column >= x[2]) {
                continue;
              }
              for (int64_t k = 0; k < f[2]; ++k) {
                sum +=
                    static_cast<double>(
                        images.values<float>()
                            [((n * x[1] + row) * x[2] + column) * x[3] + k]) *
                    filter.values<float>()[((i * f[1] + j) * f[2] + k) * f[3] +
                                           c];
              }
            }
          }
          result.push_back(static_cast<float>(sum));
        }
      }
    }
  }
  return result;
}

Tensor Counted(const Shape& shape) {
  Tensor tensor = Tensor::Zeros({DType::kFloat32, shape});
  float next = 1;
  for (float& x : tensor.mutable_values<float>()) x = next++;
  return tensor;
}

Tensor Ones(const Shape& shape) {
  Tensor tensor = Tensor::Zeros({DType::kFloat32, shape});
  for (float& x : tensor.mutable_values<float>()) x = 1;
  return tensor;
}

TEST(Conv2DTest, TheFilterIsNotTurned) {
  const Tensor images = Counted({1, 3, 3, 1});
  const Tensor filter =
      Tensor::FromValues<float>({1, 10, 100, 1000}, {2, 2, 1, 1});
  // 1 + 10 * 2 + 100 * 4 + 1000 * 5, and so on.
  ExpectClose(CheckOp(CaseOf(images, filter, {}))[0], {5421, 6532, 8754, 9865});
}

TEST(Conv2DTest, ChannelsAreSummedAndFiltersApart) {
  // Two pixels of two channels; the filters take the sum and the difference.
  const Tensor images = Tensor::FromValues<float>({1, 2, 3, 5}, {1, 1, 2, 2});
  const Tensor filter = Tensor::FromValues<float>({1, 1, 1, -1}, {1, 1, 2, 2});
  ExpectClose(CheckOp(CaseOf(images, filter, {}))[0], {3, -1, 8, -2});
}

TEST(Conv2DTest, SamePaddingPutsTheOddPixelBehind) {
  // 4 pixels, stride 2: one row is added, below; so for the columns.
  ExpectClose(CheckOp(CaseOf(Counted({1, 4, 4, 1}), Ones({3, 3, 1, 1}),
                             {.strides = {2, 2}, .padding = "SAME"}))[0],
              {1 + 2 + 3 + 5 + 6 + 7 + 9 + 10 + 11, 3 + 4 + 7 + 8 + 11 + 12,
               9 + 10 + 11 + 13 + 14 + 15, 11 + 12 + 15 + 16});
  // A window of two over three pixels: likewise.
  ExpectClose(CheckOp(CaseOf(Counted({1, 1, 3, 1}), Ones({1, 2, 1, 1}),
                             {.padding = "SAME"}))[0],
              {3, 5, 3});
}

TEST(Conv2DTest, EveryGeometryAgreesWithPlainLoops) {
  struct Geometry {
    Shape images, filter;
    Conv2DOptions options;
  };
  const std::vector<Geometry> geometries = {
      {{2, 7, 5, 3}, {3, 3, 3, 4}, {}},
      {{2, 7, 5, 3}, {3, 3, 3, 4}, {.padding = "SAME"}},
      {{2, 7, 5, 3}, {3, 2, 3, 4}, {.strides = {2, 1}, .padding = "SAME"}},
      {{1, 8, 9, 2}, {2, 4, 2, 5}, {.strides = {3, 2}}},
      {{1, 8, 9, 2}, {2, 4, 2, 5}, {.strides = {3, 2}, .padding = "SAME"}},
      {{2, 6, 6, 1}, {1, 1, 1, 16}, {}},
      {{2, 6, 6, 16}, {1, 1, 16, 3}, {.strides = {2, 2}}},
      {{1, 9, 11, 2}, {3, 3, 2, 3}, {.dilations = {2, 3}}},
      {{1, 9, 11, 2}, {3, 3, 2, 3}, {.dilations = {2, 3}, .padding = "SAME"}},
      {{3, 5, 5, 4}, {5, 5, 4, 2}, {}},
      {{3, 2, 2, 4}, {5, 5, 4, 2}, {.padding = "SAME"}},
      {{5, 12, 12, 32}, {3, 3, 32, 17}, {}},
      {{1, 1, 1, 1}, {1, 1, 1, 1}, {}},
  };
  for (const Geometry& g : geometries) {
    SCOPED_TRACE(ShapeToString(g.images) + ShapeToString(g.filter) +
                 g.options.padding);
    const Tensor images = Spread(g.images, -1, 1);
    const Tensor filter = Spread(g.filter, -0.5, 0.5);
    ExpectClose(CheckOp(CaseOf(images, filter, g.options))[0],
                NaiveConv2D(images, filter, g.options), 2e-5);
  }
}

TEST(Conv2DTest, ImagesAreCutIntoTasksThatNeedNotBeEqual) {
  // 7 images, so that the last task is smaller.
  const Tensor images = Spread({7, 14, 14, 32}, -1, 1);
  const Tensor filter = Spread({3, 3, 32, 64}, -0.1, 0.1);
  const OpCase forward = CaseOf(images, filter, {});
  const Tensor output = CheckOp(forward)[0];
  ExpectClose(output, NaiveConv2D(images, filter, {}), 2e-5);
  for (const char* op : {"_Conv2DBackpropInput", "_Conv2DBackpropFilter"}) {
    const bool by_input = std::string(op) == "_Conv2DBackpropInput";
    CheckOp({.op = op,
             .inputs = {by_input ? images : filter, by_input ? filter : images,
                        output},
             .attrs = forward.attrs});
  }
}

TEST(Conv2DTest, GradientsMatchDifferences) {
  struct Geometry {
    Shape images, filter;
    Conv2DOptions options;
  };
  const std::vector<Geometry> geometries = {
      {{2, 5, 4, 2}, {3, 3, 2, 3}, {}},
      {{2, 5, 4, 2}, {3, 3, 2, 3}, {.padding = "SAME"}},
      {{2, 5, 4, 2}, {3, 2, 2, 3}, {.strides = {2, 1}, .padding = "SAME"}},
      {{1, 6, 7, 1}, {2, 3, 1, 2}, {.strides = {2, 3}}},
      {{1, 7, 7, 2}, {2, 2, 2, 1}, {.dilations = {3, 2}}},
      {{1, 7, 7, 2}, {2, 2, 2, 1}, {.dilations = {3, 2}, .padding = "SAME"}},
      {{3, 3, 3, 4}, {1, 1, 4, 2}, {.strides = {2, 2}}},
      {{5, 3, 3, 1}, {3, 3, 1, 16}, {}},
  };
  for (const Geometry& g : geometries) {
    SCOPED_TRACE(ShapeToString(g.images) + ShapeToString(g.filter) +
                 g.options.padding);
    OpCase op_case =
        CaseOf(Spread(g.images, -1, 1), Spread(g.filter, -1, 1), g.options);
    op_case.differentiate = {0, 1};
    CheckOp(op_case);
  }
}

TEST(Conv2DTest, PixelsThatNoWindowReachesHaveNoGradient) {
  // The last row and column are left out.
  const Tensor images = Spread({1, 4, 4, 1}, -1, 1);
  const Tensor dy = Ones({1, 1, 1, 1});
  const Tensor dx = CheckOp({.op = "_Conv2DBackpropInput",
                             .inputs = {images, Ones({3, 3, 1, 1}), dy},
                             .attrs = AttrsOf({.strides = {2, 2}})})[0];
  ExpectClose(dx, {1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0});
}

TEST(Conv2DTest, WhatSumsNothingIsZero) {
  // No image, no channel, no filter.
  for (const auto& [images, filter] :
       {std::pair<Shape, Shape>{{0, 4, 4, 2}, {3, 3, 2, 3}},
        std::pair<Shape, Shape>{{2, 4, 4, 0}, {3, 3, 0, 3}},
        std::pair<Shape, Shape>{{2, 4, 4, 2}, {3, 3, 2, 0}}}) {
    SCOPED_TRACE(ShapeToString(images) + ShapeToString(filter));
    OpCase op_case = CaseOf(Spread(images, -1, 1), Spread(filter, -1, 1), {});
    op_case.differentiate = {0, 1};
    const Tensor y = CheckOp(op_case)[0];
    for (const float value : y.values<float>()) EXPECT_EQ(value, 0);
    const Tensor df =
        CheckOp({.op = "_Conv2DBackpropFilter",
                 .inputs = {Spread(filter, -1, 1), Spread(images, -1, 1),
                            Spread(y.shape(), -1, 1)},
                 .attrs = op_case.attrs})[0];
    for (const float value : df.values<float>()) EXPECT_EQ(value, 0);
  }
}

TEST(Conv2DTest, AnEpilogueAddsTheBiasAndAppliesTheActivation) {
  const Tensor images = Spread({2, 5, 5, 3}, -1, 1);
  const Tensor filter = Spread({3, 3, 3, 4}, -1, 1);
  const Tensor bias = Tensor::FromValues<float>({0.5, -0.5, 1, -2}, {4});
  std::vector<float> expected = NaiveConv2D(images, filter, {});
  for (size_t i = 0; i < expected.size(); ++i) {
    expected[i] += bias.values<float>()[i % 4];
  }
  OpCase op_case = CaseOf(images, filter, {});
  op_case.inputs.push_back(bias);
  op_case.attrs["epilogue_bias"] = true;
  op_case.attrs["epilogue_activation"] = std::string();
  ExpectClose(CheckOp(op_case)[0], expected, 1e-5);
  op_case.attrs["epilogue_activation"] = std::string("Relu");
  for (float& x : expected) x = std::max(x, 0.0f);
  ExpectClose(CheckOp(op_case)[0], expected, 1e-5);
}

TEST(Conv2DTest, TheFunctionEmitsTensorFlowsAttributes) {
  GraphBuilder builder;
  const Value images =
      builder.AddInput("x", {DType::kFloat32, {kDynamic, 8, 8, 3}});
  const Value filter = builder.AddInput("f", {DType::kFloat32, {3, 3, 3, 4}});
  const Value y =
      ops::Conv2D(images, filter, {.strides = {2, 1}, .padding = "SAME"});
  ASSERT_TRUE(builder.status().ok()) << builder.status();
  EXPECT_EQ(y.spec().shape, Shape({kDynamic, 4, 8, 4}));
  EXPECT_TRUE(AttrsEqual(builder.node(y.id()).attrs,
                         AttrsOf({.strides = {2, 1}, .padding = "SAME"})));
}

TEST(Conv2DTest, WhatDoesNotFitIsNamed) {
  const Tensor images = Spread({1, 5, 5, 3}, 0, 1);
  const Tensor filter = Spread({3, 3, 3, 4}, 0, 1);
  const auto expect_error = [](const OpCase& op_case, const char* text) {
    const std::string error = TraceError(op_case);
    EXPECT_NE(error.find(text), std::string::npos) << error;
  };
  expect_error(CaseOf(images, Spread({3, 3, 2, 4}, 0, 1), {}),
               "the images have 3 channels, the filter takes 2");
  expect_error(CaseOf(images, Spread({6, 3, 3, 4}, 0, 1), {}),
               "a window that reaches over 6 does not fit into 5");
  expect_error(CaseOf(images, filter, {.dilations = {3, 1}}),
               "a window that reaches over 7 does not fit into 5");
  expect_error(CaseOf(images, filter, {.strides = {0, 1}}), "must be positive");
  expect_error(CaseOf(images, filter, {.padding = "same"}), "got \"same\"");
  expect_error(CaseOf(Spread({5, 5, 3}, 0, 1), filter, {}),
               "needs float32 images");
}

}  // namespace
}  // namespace cairn
