#ifndef CAIRN_CORE_DATA_BATCH_SOURCE_H_
#define CAIRN_CORE_DATA_BATCH_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/data/batch_field.h"
#include "core/data/samples.h"
#include "core/tensor/state.h"

namespace cairn {

// Yields batches into memory that the caller owns. Its state is its position: a
// resumed run sees exactly the batches that were left. Not thread-safe.
class BatchSource : public Stateful {
 public:
  virtual std::vector<BatchField> fields() const = 0;
  virtual int64_t batch_size() const = 0;
  // How many batches an epoch has, or 0 if that is not known.
  virtual int64_t batches_per_epoch() const = 0;
  // Fills `destinations`, one per field with room for the batch, and returns
  // how many samples were written; 0 ends the epoch. Only the last batch may
  // have fewer than batch_size(). An error leaves the position.
  virtual absl::StatusOr<int64_t> Next(
      absl::Span<const absl::Span<std::byte>> destinations) = 0;
  // Waits until Next() would not have to, but no longer than `most`. Returns
  // whether that is so. While a run waits here it serves signals and other
  // requests; what Next() waits for itself holds them up.
  virtual bool AwaitNext(absl::Duration /*most*/) { return true; }
  // Goes to the first batch of an epoch.
  virtual absl::Status StartEpoch(int64_t epoch) = 0;
};

// Batches of `batch_size` samples in their order; the last of an epoch has what
// is left. A new source stands before the first batch of epoch 0.
// REQUIRES: batch_size > 0.
std::unique_ptr<BatchSource> Batch(SamplesPointer samples, int64_t batch_size);

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_BATCH_SOURCE_H_
