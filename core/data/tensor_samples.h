#ifndef CAIRN_CORE_DATA_TENSOR_SAMPLES_H_
#define CAIRN_CORE_DATA_TENSOR_SAMPLES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "core/data/samples.h"
#include "core/tensor/tensor.h"

namespace cairn {

// Tensors with a row per sample. Nothing is copied, and bytes stay bytes until
// a batch is made. InvalidArgument if there is no input, a tensor is a scalar,
// or two differ in their number of rows.
absl::StatusOr<SamplesPointer> FromTensors(std::vector<NamedTensor> inputs,
                                           std::vector<NamedTensor> targets);

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_TENSOR_SAMPLES_H_
