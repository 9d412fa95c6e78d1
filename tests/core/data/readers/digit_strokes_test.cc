#include "core/data/readers/digit_strokes.h"

#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(DigitStrokesTest, EveryDigitHasFormsOfSeveralKindsInTheSquare) {
  for (int digit = 0; digit < 10; ++digit) {
    SCOPED_TRACE(digit);
    const absl::Span<const DigitForm> forms = FormsOfDigit(digit);
    EXPECT_GE(forms.size(), 2u);
    for (const DigitForm form : forms) {
      EXPECT_FALSE(form.empty());
      for (const Stroke& stroke : form) {
        // What is drawn needs two, and has room for sixteen.
        EXPECT_GE(stroke.points.size(), 2u);
        EXPECT_LE(stroke.points.size(), 16u);
        for (const StrokePoint point : stroke.points) {
          EXPECT_GE(point.x, 0);
          EXPECT_LE(point.x, 1);
          EXPECT_GE(point.y, 0);
          EXPECT_LE(point.y, 1);
        }
      }
    }
  }
}

TEST(DigitStrokesTest, EveryFormIsAsHighAsTheSquare) {
  for (int digit = 0; digit < 10; ++digit) {
    for (const DigitForm form : FormsOfDigit(digit)) {
      float top = 1, bottom = 0;
      for (const Stroke& stroke : form) {
        for (const StrokePoint point : stroke.points) {
          top = point.y < top ? point.y : top;
          bottom = point.y > bottom ? point.y : bottom;
        }
      }
      EXPECT_LT(top, 0.15f) << digit;
      EXPECT_GT(bottom, 0.85f) << digit;
    }
  }
}

}  // namespace
}  // namespace cairn
