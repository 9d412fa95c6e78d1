#include "core/ops/reshape.h"

#include "core/graph/builder.h"
#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

using Dimensions = std::vector<int64_t>;

TEST(ReshapeTest, TheElementsStayInOrder) {
  const Tensor x = Spread({4, 6}, -1, 1);
  for (const Dimensions& shape :
       {Dimensions{24}, Dimensions{2, 12}, Dimensions{-1, 3},
        Dimensions{4, -1, 2}, Dimensions{1, 24, 1}}) {
    const Tensor y = CheckOp({.op = "Reshape",
                              .inputs = {x},
                              .attrs = {{"shape", shape}},
                              .differentiate = {0}})[0];
    EXPECT_EQ(y.values<float>(), x.values<float>());
  }
}

TEST(ReshapeTest, TheOpenDimensionFollowsTheBatch) {
  const Tensor x = Spread({4, 2, 3}, -1, 1);
  const Tensor y = CheckOp({.op = "Reshape",
                            .inputs = {x},
                            .attrs = {{"shape", Dimensions{-1, 6}}},
                            .batched = {0},
                            .differentiate = {0}})[0];
  EXPECT_EQ(y.shape(), Shape({4, 6}));
}

TEST(ReshapeTest, AShapeThatDoesNotFitIsNamed) {
  EXPECT_NE(TraceError({.op = "Reshape",
                        .inputs = {Spread({4, 6}, 0, 1)},
                        .attrs = {{"shape", Dimensions{5, 5}}}})
                .find("cannot bring (4, 6) into the shape (5, 5)"),
            std::string::npos);
  EXPECT_NE(TraceError({.op = "Reshape",
                        .inputs = {Spread({4, 6}, 0, 1)},
                        .attrs = {{"shape", Dimensions{-1, 7}}}})
                .find("cannot bring"),
            std::string::npos);
  EXPECT_NE(TraceError({.op = "Reshape",
                        .inputs = {Spread({4, 6}, 0, 1)},
                        .attrs = {{"shape", Dimensions{-1, -1}}}})
                .find("cannot bring"),
            std::string::npos);
}

TEST(ReshapeTest, TheSameShapeNeedsNoNode) {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {2, 3}});
  EXPECT_EQ(ops::Reshape(x, {2, 3}).id(), x.id());
  EXPECT_EQ(builder.node_count(), 1);
}

}  // namespace
}  // namespace cairn
