#ifndef CAIRN_CORE_DATA_BATCHES_H_
#define CAIRN_CORE_DATA_BATCHES_H_

#include <utility>

#include "absl/status/statusor.h"
#include "core/data/arrays.h"
#include "core/data/batch_source.h"
#include "core/data/samples.h"
#include "core/tensor/tensor.h"

namespace cairn {

// What Fit, Evaluate and Predict take: nothing, a source that makes its own
// batches, or samples or arrays that are batched, and in Fit shuffled, as the
// options say.
class Batches {
 public:
  Batches() = default;
  Batches(BatchSource& source) : source_(&source) {}  // Not owned.
  Batches(SamplesPointer samples) : samples_(std::move(samples)) {}
  Batches(Arrays arrays) : arrays_(std::move(arrays)) {}
  Batches(const Tensor& x) : arrays_({.inputs = {{"", x}}}) {}
  Batches(const Tensor& x, const Tensor& y)
      : arrays_({.inputs = {{"", x}}, .targets = {{"", y}}}) {}

  bool empty() const;
  // Null if these are samples or arrays.
  BatchSource* source() const { return source_; }
  // The samples, or the arrays as samples. InvalidArgument if these are arrays
  // that FromTensors() refuses. REQUIRES: !empty() and source() == nullptr.
  absl::StatusOr<SamplesPointer> samples() const;

 private:
  BatchSource* source_ = nullptr;
  SamplesPointer samples_;
  Arrays arrays_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_BATCHES_H_
