#ifndef CAIRN_SAVING_LAZY_RESTORE_H_
#define CAIRN_SAVING_LAZY_RESTORE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/training/restore_options.h"
#include "saving/checkpoint_contents.h"
#include "saving/checkpoint_reader.h"
#include "saving/restore_progress.h"

namespace cairn {

// How far the restore of a Checkpoint has come. Values that wait for weights or
// slots are copied when those are made, for which the file stays open. Copies
// speak of the same restore. Used by one thread at a time.
class LazyRestore {
 public:
  // Checks all that exists and every checksum, then copies what there is a
  // variable for. InvalidArgument if shapes differ or nothing matches, DataLoss
  // if the file is damaged, and whatever a Stateful says that refuses its
  // state; nothing is changed then. What is added to `contents` later takes no
  // part.
  static absl::StatusOr<LazyRestore> Start(
      const CheckpointContents& contents,
      std::unique_ptr<CheckpointReader> reader);

  // What was restored until now, in that order; what exists and has no value;
  // the keys of values that nobody takes or waits for; and likewise of states
  // of objects that are a Stateful.
  RestoreReport report() const;
  // The keys of values that wait for what is not built yet.
  std::vector<std::string> waiting() const;

  // FailedPrecondition, naming what is left, unless every value and state was
  // restored and all that exists has one. As TensorFlow's assert_consumed().
  absl::Status AssertConsumed() const;
  // Likewise, unless all that exists has its value or state. Values of the
  // file may be left. As assert_existing_objects_matched().
  absl::Status AssertExistingObjectsMatched() const;
  // Says that values may be left. Otherwise, where neither of the above was
  // asked, a warning names them once all copies are gone and nothing waits any
  // more: it is built, or gone too.
  const LazyRestore& ExpectPartial() const;

 private:
  LazyRestore(std::shared_ptr<RestoreProgress> progress,
              std::vector<PlacedObject> objects)
      : progress_(std::move(progress)),
        objects_(std::make_shared<const std::vector<PlacedObject>>(
            std::move(objects))) {}

  std::shared_ptr<RestoreProgress> progress_;
  std::shared_ptr<const std::vector<PlacedObject>> objects_;
};

}  // namespace cairn

#endif  // CAIRN_SAVING_LAZY_RESTORE_H_
