#ifndef CAIRN_SAVING_CHECKPOINT_H_
#define CAIRN_SAVING_CHECKPOINT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/layer/layer.h"
#include "core/model/model.h"
#include "core/tensor/state.h"
#include "saving/checkpoint_contents.h"
#include "saving/format.h"
#include "saving/lazy_restore.h"

namespace cairn {

// Objects under edges of the user's choice, saved and restored together, as
// tf.train.Checkpoint. Restoring follows edges, never names: a layer's member
// "kernel" gets what the file has under "kernel", whatever the variable is
// called. Used by one thread at a time.
class Checkpoint {
 public:
  explicit Checkpoint(SaveOptions options = {})
      : options_(std::move(options)),
        contents_(std::make_shared<CheckpointContents>()) {}
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;

  // InvalidArgument if the edge is empty, taken, "save_counter", or what Keras
  // calls a part of a model: "layer-0", "layer_with_weights-0", "_functional",
  // "_operations", "keras_api", "root".
  absl::Status Add(absl::string_view edge, std::shared_ptr<Layer> layer);
  absl::Status Add(absl::string_view edge, std::shared_ptr<Variable> variable);
  // Not owned: `layer` must outlive this and what it restores.
  absl::Status Add(absl::string_view edge, Layer* layer);
  // All that `checkpoint` holds or will hold, which lives on without it. Its
  // save counter goes along once it was saved or restored, and becomes the
  // file's where that has one. What it does not own must outlive this too.
  // InvalidArgument if it is this one or holds it.
  absl::Status Add(absl::string_view edge, Checkpoint* checkpoint);
  // Not owned, likewise. Its state lies where that of an object of
  // FitOptions::state does, beside what TensorFlow restores.
  absl::Status Add(absl::string_view edge, Stateful* object);
  // Slots, iterations and rate of a compiled model, which must outlive this and
  // what it restores. FailedPrecondition if it is not compiled.
  absl::Status AddOptimizer(absl::string_view edge, Model* model);

  // Raises the save counter, writes "<prefix>-<counter>", names it in the
  // folder's file "checkpoint" as the newest, and returns it. A save that fails
  // leaves the counter. FailedPrecondition if a layer is not built.
  absl::StatusOr<std::string> Save(const std::string& prefix);
  // Writes exactly `prefix`, without raising the counter or the file
  // "checkpoint".
  absl::Status Write(const std::string& prefix);
  // Copies what there is a variable for and leaves the rest with the layers,
  // which take it when they are built. The save counter becomes the file's.
  // Errors as LazyRestore::Start(), and as CheckpointReader::Open().
  absl::StatusOr<LazyRestore> Restore(const std::string& prefix);
  // Likewise, but leaves the counter.
  absl::StatusOr<LazyRestore> Read(const std::string& prefix);

  int64_t save_counter() const { return contents_->save_counter.value_or(0); }

 private:
  friend class CheckpointManager;

  absl::Status AddObject(CheckpointObject object);
  absl::StatusOr<Snapshot> TakeSnapshot() const;
  // Writes "<prefix>-<number>", or the raised counter for the number.
  absl::StatusOr<std::string> WriteNumbered(const std::string& prefix,
                                            std::optional<int64_t> number);

  const SaveOptions options_;
  const std::shared_ptr<CheckpointContents> contents_;
};

}  // namespace cairn

#endif  // CAIRN_SAVING_CHECKPOINT_H_
