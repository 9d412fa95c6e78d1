#ifndef CAIRN_CORE_TENSOR_CAST_H_
#define CAIRN_CORE_TENSOR_CAST_H_

#include "absl/status/statusor.h"
#include "core/tensor/dtype.h"
#include "core/tensor/tensor.h"

namespace cairn {

// The same numbers in another type, each rounded to the nearest that it has.
// To a whole number, the fraction is cut off. InvalidArgument, with the number,
// if it is beyond what a type of whole numbers holds. A truth is 1 or 0.
absl::StatusOr<Tensor> CastTensor(const Tensor& value, DType to);

}  // namespace cairn

#endif  // CAIRN_CORE_TENSOR_CAST_H_
