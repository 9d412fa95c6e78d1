#ifndef CAIRN_SAVING_CHECKPOINT_READER_H_
#define CAIRN_SAVING_CHECKPOINT_READER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/io/file_system.h"
#include "core/tensor/state.h"
#include "core/tensor/tensor.h"
#include "core/training/snapshot.h"

namespace cairn {

class BundleReader;
struct BundleEntry;

// Lists and reads what is in a TensorFlow checkpoint, whoever wrote it and
// whatever it is of, as tf.train.load_checkpoint does. Only the index is read
// at once; each tensor when it is asked for. Thread-safe.
class CheckpointReader {
 public:
  struct Entry {
    std::string key;    // "model/layer-0/kernel/.ATTRIBUTES/VARIABLE_VALUE"
    std::string dtype;  // TensorFlow's name: "float32", "string", "qint8".
    Shape shape;
    int64_t bytes = 0;
  };

  // `prefix` may end in ".index", or be a folder, whose newest good checkpoint
  // is then opened. NotFound or DataLoss as LoadWeights().
  static absl::StatusOr<std::unique_ptr<CheckpointReader>> Open(
      const std::string& prefix, FileSystem& files = FileSystem::Default());
  ~CheckpointReader();

  const std::string& prefix() const;
  // Sorted by key.
  absl::Span<const Entry> entries() const { return entries_; }
  bool Contains(absl::string_view key) const;

  // NotFound if there is no such key, with the keys that come near. DataLoss if
  // the checksum is wrong. Unimplemented for a string tensor, and for a type
  // that Tensor does not have.
  absl::StatusOr<Tensor> ReadTensor(absl::string_view key) const;
  // The elements of a string tensor in row-major order. Unimplemented for
  // others.
  absl::StatusOr<std::vector<std::string>> ReadStrings(
      absl::string_view key) const;
  // Tests the checksum of an entry of any type; errors as ReadTensor().
  absl::Status Verify(absl::string_view key) const;

  // The states that Cairn keeps in a file, by their keys in Snapshot::extras:
  // "run", "user/<name>". DataLoss if one is damaged, NotFound if it is not
  // there.
  absl::StatusOr<std::vector<std::string>> ListStates() const;
  absl::StatusOr<State> ReadState(absl::string_view key) const;

  // Who owns what, as the file says it: edges have the names that they have
  // there, and `tensor` of a variable is its key. NotFound if the file was
  // written by names alone, DataLoss if it is damaged.
  absl::StatusOr<ObjectGraph> ReadObjects() const;

 private:
  explicit CheckpointReader(std::unique_ptr<BundleReader> bundle);
  absl::StatusOr<const BundleEntry*> Find(absl::string_view key) const;

  std::unique_ptr<BundleReader> bundle_;
  std::vector<Entry> entries_;
};

}  // namespace cairn

#endif  // CAIRN_SAVING_CHECKPOINT_READER_H_
