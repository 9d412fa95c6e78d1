#ifndef CAIRN_CORE_TENSOR_CAST_VALUES_H_
#define CAIRN_CORE_TENSOR_CAST_VALUES_H_

#include "absl/status/statusor.h"
#include "core/tensor/tensor.h"

namespace cairn {

// The values in another type, outside of any graph. To a floating type they are
// rounded to the nearest. To integers and truths they must stay what they are:
// InvalidArgument with the first that does not.
absl::StatusOr<Tensor> CastValues(const Tensor& tensor, DType dtype);

}  // namespace cairn

#endif  // CAIRN_CORE_TENSOR_CAST_VALUES_H_
