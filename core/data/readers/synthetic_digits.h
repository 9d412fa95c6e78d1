#ifndef CAIRN_CORE_DATA_READERS_SYNTHETIC_DIGITS_H_
#define CAIRN_CORE_DATA_READERS_SYNTHETIC_DIGITS_H_

#include <cstdint>

#include "core/tensor/tensor.h"

namespace cairn {

// Images of shape (count, 28, 28) and labels 0 to 9 of shape (count), both
// uint8: the form of MNIST.
struct DigitImages {
  Tensor images, labels;
};

// Synthetic digits, drawn by Cairn itself: strokes in several ways of writing
// under random bends, shift, rotation, scale, shear, thickness and noise, among
// specks that belong to no digit. No file is read. Row i follows from `seed`
// and i alone, on every machine; rows of another seed are other rows.
// REQUIRES: count >= 0.
DigitImages SyntheticDigits(int64_t count, uint64_t seed);

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_READERS_SYNTHETIC_DIGITS_H_
