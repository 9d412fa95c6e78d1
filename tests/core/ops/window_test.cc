#include "core/ops/window.h"

#include "core/tensor/shape.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(WindowTest, PlacesAreTensorFlows) {
  struct Case {
    int64_t input, window, stride, dilation;
    const char* padding;
    int64_t output, before, after;
  };
  // What tf.nn.conv2d and its padding rule give.
  for (const Case& c : {
           Case{28, 3, 1, 1, "VALID", 26, 0, 0},
           Case{28, 3, 1, 1, "SAME", 28, 1, 1},
           Case{28, 2, 2, 1, "VALID", 14, 0, 0},
           Case{13, 2, 2, 1, "VALID", 6, 0, 0},
           Case{13, 2, 2, 1, "SAME", 7, 0, 1},
           Case{4, 3, 2, 1, "SAME", 2, 0, 1},
           Case{5, 3, 2, 1, "SAME", 3, 1, 1},
           Case{7, 4, 3, 1, "SAME", 3, 1, 2},
           Case{9, 3, 1, 2, "VALID", 5, 0, 0},
           Case{9, 3, 1, 2, "SAME", 9, 2, 2},
           Case{2, 5, 1, 1, "SAME", 2, 2, 2},
           // Places further apart than the window is wide.
           Case{7, 1, 3, 1, "SAME", 3, 0, 0},
           Case{8, 1, 3, 1, "SAME", 3, 0, 0},
           Case{3, 3, 5, 1, "VALID", 1, 0, 0},
       }) {
    const auto axis =
        PlaceWindow(c.input, c.window, c.stride, c.dilation, c.padding);
    ASSERT_TRUE(axis.ok()) << axis.status();
    SCOPED_TRACE(testing::Message()
                 << c.input << " " << c.window << " " << c.stride << " "
                 << c.dilation << " " << c.padding);
    EXPECT_EQ(axis->output, c.output);
    EXPECT_EQ(axis->pad_before, c.before);
    EXPECT_EQ(axis->pad_after, c.after);
  }
}

TEST(WindowTest, AnUnknownAxisGivesUnknownPlaces) {
  const auto axis = PlaceWindow(kDynamic, 3, 2, 1, "SAME");
  ASSERT_TRUE(axis.ok()) << axis.status();
  EXPECT_EQ(axis->output, kDynamic);
}

TEST(WindowTest, WhatCannotBeIsRefused) {
  for (const auto& axis :
       {PlaceWindow(5, 0, 1, 1, "VALID"), PlaceWindow(5, 1, 0, 1, "VALID"),
        PlaceWindow(5, 1, 1, -1, "SAME"), PlaceWindow(5, 6, 1, 1, "VALID"),
        PlaceWindow(5, 3, 1, 3, "VALID"), PlaceWindow(5, 3, 1, 1, "valid"),
        PlaceWindow(kDynamic, 3, 1, 1, ""),
        PlaceWindow(kDynamic, 3, 0, 1, "SAME")}) {
    EXPECT_EQ(axis.status().code(), absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace cairn
