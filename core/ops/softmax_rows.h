#ifndef CAIRN_CORE_OPS_SOFTMAX_ROWS_H_
#define CAIRN_CORE_OPS_SOFTMAX_ROWS_H_

#include <cstdint>

namespace cairn {

// The softmax of `classes` numbers, in the form that cannot overflow. Returns
// log(sum(exp(in))), from which the cross-entropy of a class is that minus
// in[class]. `out` may be `in`.
float SoftmaxRow(const float* in, float* out, int64_t classes);

}  // namespace cairn

#endif  // CAIRN_CORE_OPS_SOFTMAX_ROWS_H_
