#ifndef CAIRN_CORE_TRAINING_BATCH_FEED_H_
#define CAIRN_CORE_TRAINING_BATCH_FEED_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/data/batch_field.h"
#include "core/data/batch_source.h"
#include "core/data/batches.h"

namespace cairn {

// Whether batches of both can be read by one plan: the same uses, types and
// shapes in the same order, of the inputs or of all.
bool SameFields(const std::vector<BatchField>& a,
                const std::vector<BatchField>& b, bool with_targets);

// "input uint8 (784,), target uint8 ()".
std::string FieldsToString(const std::vector<BatchField>& fields);

// How a run wants its data batched.
struct FeedOptions {
  int64_t batch_size = 32;
  std::optional<uint64_t> shuffle_seed;  // None: in the order given.
  // Samples from the first to before the second; -1: all.
  int64_t begin = 0, end = -1;
};

// A batch source that is either the user's own or made from samples.
class BatchFeed {
 public:
  // InvalidArgument if there is no data, no sample, or the batch size is not
  // positive. `data` must outlive the feed if it is a source.
  static absl::StatusOr<BatchFeed> Create(const Batches& data,
                                          const FeedOptions& options);

  BatchSource& source() { return *source_; }
  const BatchSource& source() const { return *source_; }
  // How many samples an epoch has; -1 for a source of the user's own.
  int64_t samples() const { return samples_; }

 private:
  std::unique_ptr<BatchSource> owned_;
  BatchSource* source_ = nullptr;
  int64_t samples_ = -1;
};

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_BATCH_FEED_H_
