#include "core/data/permutation.h"

#include <cmath>

#include "core/base/check.h"
#include "core/base/philox.h"

namespace cairn {
namespace {

// A number in [0, limit) that follows from `x`: the finalizer of MurmurHash3,
// scaled by the high half of a product.
uint64_t HashBelow(uint64_t x, uint64_t limit) {
  x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdULL;
  x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  x ^= x >> 33;
  return static_cast<uint64_t>((static_cast<unsigned __int128>(x) * limit) >>
                               64);
}

// REQUIRES: a and b are below `limit`.
uint64_t AddModulo(uint64_t a, uint64_t b, uint64_t limit) {
  const uint64_t sum = a + b;
  return sum >= limit ? sum - limit : sum;
}

}  // namespace

Permutation::Permutation(uint64_t seed, uint64_t epoch, int64_t count)
    : count_(static_cast<uint64_t>(count)) {
  CAIRN_CHECK(count >= 0);
  if (count_ > 1) {
    rows_ = static_cast<uint64_t>(std::sqrt(static_cast<double>(count_)));
    columns_ = (count_ + rows_ - 1) / rows_;
  }
  RandomStream stream(StreamKey(seed, "shuffle"), epoch);
  for (uint64_t& key : keys_) {
    const uint64_t high = stream.NextBits();
    key = (high << 32) | stream.NextBits();
  }
}

int64_t Permutation::operator()(int64_t place) const {
  // A number is a cell of the grid. Each round turns every row by an amount
  // that hangs on the row alone, or every column by one that hangs on the
  // column: a Feistel network on unequal sides. A number that lands behind the
  // last is sent through again, so those in range stay among themselves (Black
  // and Rogaway, "Ciphers with arbitrary finite domains", 2002).
  uint64_t x = static_cast<uint64_t>(place);
  do {
    uint64_t row = x / columns_;
    uint64_t column = x % columns_;
    for (int round = 0; round < kRounds; round += 2) {
      row = AddModulo(row, HashBelow(column + keys_[round], rows_), rows_);
      column = AddModulo(column, HashBelow(row + keys_[round + 1], columns_),
                         columns_);
    }
    x = row * columns_ + column;
  } while (x >= count_);
  return static_cast<int64_t>(x);
}

}  // namespace cairn
