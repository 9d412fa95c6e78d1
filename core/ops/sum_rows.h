#ifndef CAIRN_CORE_OPS_SUM_ROWS_H_
#define CAIRN_CORE_OPS_SUM_ROWS_H_

#include <cstdint>

namespace cairn {

// Sums in a fixed order, in the width of this machine's vectors. Rows may lie
// anywhere in memory, and nothing is written but the results.

// out[c] = the sum of in[r * stride + c] over `rows` rows, for `columns`
// columns.
void SumRows(const float* in, int64_t rows, int64_t stride, int64_t columns,
             float* out);

// The sum of `count` floats.
float SumElements(const float* in, int64_t count);

}  // namespace cairn

#endif  // CAIRN_CORE_OPS_SUM_ROWS_H_
