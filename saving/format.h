#ifndef CAIRN_SAVING_FORMAT_H_
#define CAIRN_SAVING_FORMAT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/config.h"
#include "core/io/file_system.h"
#include "core/tensor/tensor.h"
#include "core/training/snapshot.h"

namespace cairn {

// What a save outlives once it has returned.
enum class Durability {
  kNone,   // The end of the program.
  kCommit  // A power cut too: every file and folder is synced.
};

// What to do where a file of that name is.
enum class Overwrite {
  kReplace,
  kFail,  // AlreadyExists.
  // What was there becomes a checkpoint of its own, "<path>.backup", in place
  // of an earlier one. At any moment one of the two is whole.
  kKeepBackup
};

class SpareFiles;

struct SaveOptions {
  // "tf_checkpoint" or Keras's short "tf"; empty: by the path's suffix.
  std::string format;
  Overwrite overwrite = Overwrite::kReplace;
  // Whether SaveWeights() writes the optimizer's state too.
  bool include_optimizer = false;
  Durability durability = Durability::kCommit;
  // A larger state goes into several data files of about this size, which are
  // written at the same time. At least 1. There are 256 data files at most.
  int64_t shard_bytes = int64_t{1} << 30;
  // Reads everything that was written back from the device before it counts:
  // DataLoss, and what was there before stays, if a byte is not as it was in
  // memory.
  bool read_back = false;
  // Writes no faster, so that others have their share of the disk. 0: as fast
  // as it goes.
  int64_t bytes_per_second = 0;
  // Writes past the system's memory where the file system can, if it syncs:
  // others then have more of the processor, and what reads the file next waits
  // for the device. Unset: what a ModelCheckpoint writes in the background is.
  std::optional<bool> bypass_cache;
  // Not owned. What is replaced gives its room to what is saved next, which
  // costs the system far less; whoever has such a file open keeps it. A
  // ModelCheckpoint has its own in this one's place.
  SpareFiles* spares = nullptr;
  FileSystem* files = &FileSystem::Default();  // Not owned.

  bool syncs() const { return durability == Durability::kCommit; }
  // How many data files a state of so many bytes fills.
  int CountShards(int64_t bytes) const;
};

struct LoadOptions {
  FileSystem* files = &FileSystem::Default();  // Not owned.
};

// One tensor in a file.
struct TensorEntry {
  Part part = Part::kWeights;  // kWeights, kOptimizer or kExtras.
  // Of kExtras: the key in Snapshot::extras. Empty for a tensor that no part of
  // a snapshot takes.
  std::string state;
  std::string path;  // "dense/kernel", "m/dense/kernel", "random_counter".
  TensorSpec spec;
  std::string key;  // What the file calls it.
};

// An open file. Knows every tensor's name and spec, and reads bytes on demand.
// Thread-safe.
class SnapshotReader {
 public:
  virtual ~SnapshotReader() = default;
  // The name of the format.
  virtual absl::string_view format() const = 0;
  virtual const Parts& parts() const = 0;  // What this file holds.
  virtual absl::Span<const TensorEntry> tensors() const = 0;
  virtual const ObjectGraph& objects() const = 0;  // Empty if it has none.
  virtual int64_t save_counter() const = 0;
  // Checks the checksum, if the format has one; DataLoss if it is wrong.
  virtual absl::StatusOr<Tensor> ReadTensor(const TensorEntry& entry) const = 0;
  // The same into memory that is there. REQUIRES: it is as large.
  virtual absl::Status ReadTensorInto(const TensorEntry& entry,
                                      absl::Span<std::byte> bytes) const;
  // Tests the checksums of these alone; DataLoss if one is wrong.
  virtual absl::Status VerifyTensors(
      const std::vector<const TensorEntry*>& entries) const;
  // A tensor's bytes where they lie, not tested; they may outlive this object.
  // Null where the file does not have them as they are in memory.
  virtual std::shared_ptr<const TensorContent> FindContent(
      const TensorEntry& entry) const;
  // `part` is kArchitecture, kCompile or kExtras; the last is an object with
  // the values of each state under its key. Null if the file has none.
  virtual absl::StatusOr<Config> ReadConfig(Part part) const = 0;
  // Reads every byte that a checksum covers and returns the first fault. What
  // the functions above have found to be good need not be read again.
  virtual absl::Status Verify() const = 0;
};

// Writes snapshots one after another, such as those of one run: what they share
// is worked out once. Used by one thread at a time.
class SnapshotWriter {
 public:
  virtual ~SnapshotWriter() = default;
  // Replaces what lies at `path`, or fails and leaves it. What the format
  // cannot hold is dropped.
  virtual absl::Status Write(const Snapshot& snapshot, const std::string& path,
                             const SaveOptions& options) = 0;
};

// One on-disk representation. Stateless.
class Format {
 public:
  virtual ~Format() = default;
  virtual absl::string_view name() const = 0;        // "tf_checkpoint"
  virtual absl::string_view short_name() const = 0;  // Keras's: "tf"
  // Whether files of the format lie at `path`: by content, not by suffix.
  virtual bool Recognizes(FileSystem& files, const std::string& path) const = 0;
  virtual std::unique_ptr<SnapshotWriter> NewWriter() const = 0;
  // One snapshot alone.
  absl::Status Write(const Snapshot& snapshot, const std::string& path,
                     const SaveOptions& options) const {
    return NewWriter()->Write(snapshot, path, options);
  }
  virtual absl::StatusOr<std::unique_ptr<SnapshotReader>> Open(
      FileSystem& files, const std::string& path) const = 0;
};

// Adds a format. A name registered twice ends the process.
void RegisterFormat(std::unique_ptr<Format> format);
// By name or short name; null if there is none.
const Format* FindFormat(absl::string_view name);
// All of them, by name.
std::vector<const Format*> Formats();

// Opens the files at `path` in the format that recognizes them; NotFound if
// there are none.
absl::StatusOr<std::unique_ptr<SnapshotReader>> OpenFile(
    FileSystem& files, const std::string& path);

// The parts asked for that the file has, with all their tensors.
absl::StatusOr<Snapshot> ReadAll(const SnapshotReader& reader,
                                 const Parts& parts);

// The same for one who only restores it: the values of weights and optimizer
// are Tensor::is_stored(). All is tested. Of more than `most_held` bytes they
// stay in the file and are read a second time, into their variables: memory
// that is new costs more than to read again. An error of that second reading
// can leave some variables with new values.
absl::StatusOr<Snapshot> ReadForRestore(const SnapshotReader& reader,
                                        const Parts& parts,
                                        int64_t most_held = int64_t{1} << 20);

struct FormatRegistrar {
  explicit FormatRegistrar(std::unique_ptr<Format> format) {
    RegisterFormat(std::move(format));
  }
};

// CAIRN_REGISTER_FORMAT(TfCheckpoint);
#define CAIRN_REGISTER_FORMAT(C) \
  const ::cairn::FormatRegistrar cairn_register_##C(std::make_unique<C>())

}  // namespace cairn

#endif  // CAIRN_SAVING_FORMAT_H_
