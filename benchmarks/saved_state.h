#ifndef CAIRN_BENCHMARKS_SAVED_STATE_H_
#define CAIRN_BENCHMARKS_SAVED_STATE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/data/samples.h"
#include "core/model/sequential.h"

namespace cairn {

// A compiled model after a training step, so that Adam's slots are there, and
// data to train it with.
struct SavedState {
  std::unique_ptr<Sequential> model;
  SamplesPointer samples;
  int64_t batch_size = 0;
  int64_t state_bytes = 0;  // Of weights and both slots.
};

// The states that programs of other frameworks save too:
//   mlp512   784-512-10, 4.9 MB
//   mlpwide  784-2048-2048-10, 70 MB
//   big      784-4096-4096-4096-10, 442 MB
//   many     1,000 dense layers of 16: 2,000 weights and 4,000 slots, 3.3 MB
// InvalidArgument for another name. `threads` as in CompileOptions.
absl::StatusOr<SavedState> MakeSavedState(const std::string& name, int threads);

}  // namespace cairn

#endif  // CAIRN_BENCHMARKS_SAVED_STATE_H_
