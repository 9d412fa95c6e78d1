#ifndef CAIRN_SAVING_NAMED_CHECKPOINT_H_
#define CAIRN_SAVING_NAMED_CHECKPOINT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/io/file_system.h"
#include "core/tensor/shape.h"
#include "saving/codec/tensor_bundle.h"
#include "saving/codec/trackable_object_graph.h"
#include "saving/format.h"

namespace cairn {

// "architecture", "weights", "compile", "optimizer", "extras".
absl::string_view PartName(Part part);

// An entry of a checkpoint under the name that a person reads and types.
struct NamedEntry {
  // PartName(), or "other" for what belongs to no part: strings, such as the
  // object graph and Cairn's configs, and variables of other programs.
  std::string part;
  // "dense/kernel", "m/dense/kernel", "run/random_counter"; of other, the key.
  std::string name;
  BundleEntry entry;
};

// A TensorFlow checkpoint, whoever wrote it, open both as a snapshot and as the
// bundle of everything that is in it.
class NamedCheckpoint {
 public:
  // `path` is a prefix, an index, or a folder, whose newest good checkpoint is
  // then taken. NotFound or DataLoss as LoadWeights().
  static absl::StatusOr<std::unique_ptr<NamedCheckpoint>> Open(
      const std::string& path, FileSystem& files = FileSystem::Default());

  const std::string& prefix() const { return bundle_->prefix(); }
  const SnapshotReader& snapshot() const { return *snapshot_; }
  const BundleReader& bundle() const { return *bundle_; }
  // Those of parts first, as the snapshot has them; then other, by key.
  absl::Span<const NamedEntry> entries() const { return entries_; }

  // The entry with that key, or that name if only one has it. NotFound with the
  // names that come near; InvalidArgument with the keys if several have it.
  absl::StatusOr<const NamedEntry*> Find(const std::string& key_or_name) const;
  // The objects as TensorFlow stores them; empty if it has names alone.
  absl::StatusOr<std::vector<TrackableNode>> ReadObjects() const;

 private:
  NamedCheckpoint() = default;
  void ListEntries();

  std::unique_ptr<SnapshotReader> snapshot_;
  std::unique_ptr<BundleReader> bundle_;
  std::vector<NamedEntry> entries_;
};

}  // namespace cairn

#endif  // CAIRN_SAVING_NAMED_CHECKPOINT_H_
