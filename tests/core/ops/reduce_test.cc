#include "core/ops/reduce.h"

#include <cmath>

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

using Axes = std::vector<int64_t>;

// Sums in double, element by element.
std::vector<float> NaiveSum(const Tensor& x, const Axes& axes, double divisor) {
  std::vector<double> sums;
  const Shape& shape = x.shape();
  std::vector<bool> reduced(shape.size(), false);
  int64_t count = 1;
  for (const int64_t axis : axes) reduced[axis] = true;
  for (size_t d = 0; d < shape.size(); ++d) {
    if (!reduced[d]) count *= shape[d];
  }
  sums.assign(count, 0);
  for (int64_t i = 0; i < x.size(); ++i) {
    int64_t rest = i, at = 0, stride = 1;
    for (size_t d = shape.size(); d-- > 0;) {
      if (!reduced[d]) {
        at += rest % shape[d] * stride;
        stride *= shape[d];
      }
      rest /= shape[d];
    }
    sums[at] += x.values<float>()[i];
  }
  std::vector<float> result;
  for (const double sum : sums) {
    result.push_back(static_cast<float>(sum / divisor));
  }
  return result;
}

Tensor Reduce(const char* op, const Tensor& x, const Axes& axes,
              bool keep_dims = false, std::vector<int> differentiate = {}) {
  return CheckOp({.op = op,
                  .inputs = {x},
                  .attrs = {{"axis", axes}, {"keep_dims", keep_dims}},
                  .batched = {0},
                  .differentiate = std::move(differentiate)})[0];
}

TEST(ReduceTest, SumsOverAnyAxes) {
  const Tensor x = Spread({3, 5, 2, 19}, -1, 1);
  for (const Axes& axes :
       {Axes{0, 1, 2, 3}, Axes{3}, Axes{0}, Axes{1}, Axes{2, 3}, Axes{0, 1},
        Axes{1, 2}, Axes{0, 3}, Axes{1, 3}, Axes{0, 2}, Axes{}}) {
    SCOPED_TRACE(AttrToString(axes));
    ExpectClose(Reduce("Sum", x, axes), NaiveSum(x, axes, 1), 2e-6);
    double divisor = 1;
    for (const int64_t axis : axes) divisor *= x.shape()[axis];
    ExpectClose(Reduce("Mean", x, axes), NaiveSum(x, axes, divisor));
  }
}

TEST(ReduceTest, LongSumsStayExactAndAreCutIntoTasks) {
  const Tensor x = Spread({257, 1031}, 0, 1);
  ExpectClose(Reduce("Sum", x, {0, 1}), NaiveSum(x, {0, 1}, 1), 1e-6);
  ExpectClose(Reduce("Sum", x, {1}), NaiveSum(x, {1}, 1), 1e-6);
  ExpectClose(Reduce("Sum", x, {0}), NaiveSum(x, {0}, 1), 1e-5);
  ExpectClose(Reduce("Mean", x, {0, 1}), NaiveSum(x, {0, 1}, 257.0 * 1031));
}

TEST(ReduceTest, NegativeAxesCountFromTheEndAndDimensionsMayStay) {
  const Tensor x = Spread({3, 4}, -1, 1);
  const Tensor sums = Reduce("Sum", x, {-1}, /*keep_dims=*/true);
  EXPECT_EQ(sums.shape(), Shape({3, 1}));
  ExpectClose(sums, NaiveSum(x, {1}, 1));
}

TEST(ReduceTest, GradientsMatchDifferences) {
  const Tensor x = Spread({3, 2, 5}, -1, 1);
  for (const char* op : {"Sum", "Mean"}) {
    Reduce(op, x, {0, 1, 2}, false, {0});
    Reduce(op, x, {1}, false, {0});
    Reduce(op, x, {-1}, true, {0});
    Reduce(op, x, {0, 2}, false, {0});
  }
}

TEST(ReduceTest, AnEmptyBatchSumsToZero) {
  const Tensor empty = Tensor::Zeros({DType::kFloat32, {0, 3}});
  ExpectClose(Reduce("Sum", empty, {0}), {0, 0, 0});
}

TEST(ReduceTest, AnAxisThatIsNotThereIsNamed) {
  EXPECT_NE(TraceError({.op = "Sum",
                        .inputs = {Spread({2, 3}, 0, 1)},
                        .attrs = {{"axis", Axes{2}}, {"keep_dims", false}}})
                .find("axis 2 is not in a value of shape (2, 3)"),
            std::string::npos);
}

TEST(ReduceTest, ArgMaxTakesTheFirstLargest) {
  const Tensor x =
      Tensor::FromValues<float>({1, 3, 3, 2, -1, -5, -1, -2}, {2, 4});
  const Tensor places = CheckOp({.op = "ArgMax",
                                 .inputs = {x},
                                 .attrs = {{"axis", int64_t{-1}}},
                                 .batched = {0}})[0];
  EXPECT_EQ(places.values<int64_t>(), absl::Span<const int64_t>({1, 0}));
}

TEST(ReduceTest, BroadcastingRepeatsAndItsGradientSums) {
  const Tensor like = Spread({3, 4}, -1, 1);
  ExpectClose(
      CheckOp({.op = "_BroadcastLike",
               .inputs = {Tensor::FromValues<float>({1, 2, 3}, {3, 1}), like},
               .batched = {0, 1},
               .differentiate = {0}})[0],
      {1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3});
  ExpectClose(
      CheckOp({.op = "_BroadcastLike",
               .inputs = {Tensor::FromValues<float>({1, 2, 3, 4}, {4}), like},
               .differentiate = {0}})[0],
      {1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4});
  ExpectClose(CheckOp({.op = "_BroadcastLike",
                       .inputs = {Tensor::Scalar(7.0f), like},
                       .batched = {1},
                       .differentiate = {0}})[0],
              std::vector<float>(12, 7));
}

TEST(ReduceTest, TheBatchSizeIsTheFirstDimension) {
  ExpectClose(CheckOp({.op = "_BatchSize",
                       .inputs = {Spread({5, 2}, 0, 1)},
                       .batched = {0}})[0],
              {5});
}

}  // namespace
}  // namespace cairn
