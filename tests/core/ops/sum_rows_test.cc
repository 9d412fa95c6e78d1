#include "core/ops/sum_rows.h"

#include <vector>

#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

TEST(SumRowsTest, ColumnsOfAnyNumberAreSummedAndNothingElseIsWritten) {
  constexpr int64_t kStride = 90;
  const Tensor in = Spread({12, kStride}, -1, 1);
  for (const int64_t rows : {0, 1, 3, 4, 5, 12}) {
    for (int64_t columns = 0; columns < kStride; ++columns) {
      std::vector<float> out(kStride, 99);
      SumRows(in.values<float>().data(), rows, kStride, columns, out.data());
      for (int64_t c = 0; c < kStride; ++c) {
        double sum = 0;
        for (int64_t r = 0; r < rows; ++r) {
          sum += in.values<float>()[r * kStride + c];
        }
        ASSERT_NEAR(out[c], c < columns ? sum : 99, 1e-5)
            << "column " << c << " of " << columns << ", " << rows << " rows";
      }
    }
  }
}

TEST(SumRowsTest, WhatLiesBesideARowDoesNotCount) {
  std::vector<float> in(4 * 10, 1e30f);
  for (int r = 0; r < 4; ++r) {
    for (int c = 0; c < 7; ++c) in[r * 10 + c] = 1;
  }
  std::vector<float> out(7);
  SumRows(in.data(), 4, 10, 7, out.data());
  EXPECT_EQ(out, std::vector<float>(7, 4));
}

TEST(SumElementsTest, AnyCountFromAnyPlaceIsSummed) {
  const Tensor in = Spread({300}, -1, 1);
  for (int begin = 0; begin < 3; ++begin) {
    for (int count = 0; count < 290; ++count) {
      double sum = 0;
      for (int i = 0; i < count; ++i) sum += in.values<float>()[begin + i];
      ASSERT_NEAR(SumElements(in.values<float>().data() + begin, count), sum,
                  1e-5)
          << count << " from " << begin;
    }
  }
}

}  // namespace
}  // namespace cairn
