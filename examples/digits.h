#ifndef CAIRN_EXAMPLES_DIGITS_H_
#define CAIRN_EXAMPLES_DIGITS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "cairn.h"

namespace cairn {

// Digits to train on and others to judge by. Images are bytes in memory; a
// batch has them as float32 from 0 to 1, in the shape asked for.
struct Digits {
  SamplesPointer train, test;
  std::string description;  // "20000 synthetic digits, ..."
};

// The files of MNIST in `data_dir`, or, if that is empty, synthetic digits.
// `limit` takes the first of each only; 0 takes all.
absl::StatusOr<Digits> LoadDigits(const std::string& data_dir, int64_t limit,
                                  const Shape& shape);

}  // namespace cairn

#endif  // CAIRN_EXAMPLES_DIGITS_H_
