#include "core/data/batches.h"

#include "core/base/check.h"
#include "core/data/tensor_samples.h"

namespace cairn {

bool Batches::empty() const {
  return source_ == nullptr && samples_ == nullptr && arrays_.inputs.empty() &&
         arrays_.targets.empty();
}

absl::StatusOr<SamplesPointer> Batches::samples() const {
  CAIRN_CHECK(!empty() && source_ == nullptr);
  if (samples_ != nullptr) return samples_;
  return FromTensors(arrays_.inputs, arrays_.targets);
}

}  // namespace cairn
