#include "core/ops/broadcast.h"

#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(BroadcastTest, ShapesMeetFromTheEnd) {
  struct Case {
    Shape a, b, result;
  };
  for (const Case& c : {
           Case{{}, {}, {}},
           Case{{2, 3}, {}, {2, 3}},
           Case{{2, 3}, {3}, {2, 3}},
           Case{{2, 1}, {3}, {2, 3}},
           Case{{4, 1, 3}, {2, 1}, {4, 2, 3}},
           Case{{1}, {0}, {0}},
           Case{{kDynamic, 3}, {3}, {kDynamic, 3}},
           Case{{kDynamic, 3}, {1, 3}, {kDynamic, 3}},
           Case{{kDynamic, 1}, {kDynamic, 3}, {kDynamic, 3}},
       }) {
    for (const bool swapped : {false, true}) {
      const auto shape =
          swapped ? BroadcastShapes(c.b, c.a) : BroadcastShapes(c.a, c.b);
      ASSERT_TRUE(shape.ok()) << shape.status();
      EXPECT_EQ(*shape, c.result)
          << ShapeToString(c.a) << " and " << ShapeToString(c.b);
    }
  }
}

TEST(BroadcastTest, OtherDimensionsDoNotFit) {
  EXPECT_FALSE(BroadcastShapes({2, 3}, {2}).ok());
  EXPECT_FALSE(BroadcastShapes({2}, {0}).ok());
  EXPECT_FALSE(BroadcastShapes({kDynamic, 2}, {3}).ok());
  // The batch may be of five, or of another size.
  EXPECT_FALSE(BroadcastShapes({kDynamic}, {5}).ok());
}

TEST(BroadcastTest, StridesAreZeroWhereTheOperandIsRepeated) {
  using Strides = std::vector<int64_t>;
  EXPECT_EQ(BroadcastStrides({2, 3}, {2, 3}), Strides({3, 1}));
  EXPECT_EQ(BroadcastStrides({3}, {2, 3}), Strides({0, 1}));
  EXPECT_EQ(BroadcastStrides({2, 1}, {2, 3}), Strides({1, 0}));
  EXPECT_EQ(BroadcastStrides({4, 1, 3}, {5, 4, 2, 3}), Strides({0, 3, 0, 1}));
  EXPECT_EQ(BroadcastStrides({}, {2, 3}), Strides({0, 0}));
}

}  // namespace
}  // namespace cairn
