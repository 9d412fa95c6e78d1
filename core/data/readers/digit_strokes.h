#ifndef CAIRN_CORE_DATA_READERS_DIGIT_STROKES_H_
#define CAIRN_CORE_DATA_READERS_DIGIT_STROKES_H_

#include "absl/types/span.h"

namespace cairn {

// A place in the unit square that a digit is drawn in; y grows downwards.
struct StrokePoint {
  float x, y;
};

// One move of the pen through its points: round the corners or straight.
struct Stroke {
  bool round;
  absl::Span<const StrokePoint> points;
};

// The strokes of one way to write a digit.
using DigitForm = absl::Span<const Stroke>;

// The ways to write `digit`. REQUIRES: 0 <= digit < 10.
absl::Span<const DigitForm> FormsOfDigit(int digit);

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_READERS_DIGIT_STROKES_H_
