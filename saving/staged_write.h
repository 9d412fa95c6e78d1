#ifndef CAIRN_SAVING_STAGED_WRITE_H_
#define CAIRN_SAVING_STAGED_WRITE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/io/file_system.h"
#include "saving/format.h"
#include "saving/temporary_name.h"
#include "saving/write_pace.h"

namespace cairn {

// Files that come into place together: the commit protocol, in one place.
//
//   1. Each file is written beside its place, under a temporary name. It has
//      the mode of the one it replaces.
//   2. Commit() syncs and closes all of them, and with SaveOptions::read_back
//      reads them.
//   3. All but the last are renamed into place. If something is replaced their
//      folder is synced: the last must not outlive a power cut that they do
//      not. A single file has no such step.
//   4. The last is renamed, or changes names with the one it replaces: this is
//      the one moment at which the new files count. For a TensorFlow bundle it
//      is the index.
//   5. The folder is synced again.
//
// A crash before 4 leaves what was there before, and at most files that nobody
// reads; RemoveLeftovers() clears the ones with a temporary name. Where nothing
// was before, a power cut between 4 and 5 may leave the last file without the
// others: nothing that was acknowledged, and a reader finds them missing. All
// files are of one folder. Not thread-safe.
class StagedWrite {
 public:
  // Whether the last file takes the place of one that could be read.
  enum class Replaces { kSomething, kNothing };

  // Without SaveOptions::syncs() steps are taken in the same order but nothing
  // is synced: safe from a crash of the program, not of the machine.
  explicit StagedWrite(const SaveOptions& options);
  // Closes and removes what was not committed.
  ~StagedWrite();
  StagedWrite(const StagedWrite&) = delete;
  StagedWrite& operator=(const StagedWrite&) = delete;

  // A file that will be at `path`. The pointer is good until Commit(), which
  // closes it. The order of the calls is that of the renames. REQUIRES: `path`
  // was not given before and is of the same folder as the others.
  absl::StatusOr<WritableFile*> Create(const std::string& path) {
    return Create(path, path);
  }
  // The same with the mode of another file, if there is one.
  absl::StatusOr<WritableFile*> Create(const std::string& path,
                                       const std::string& mode_of);
  // REQUIRES: called once, and at least one file was made. After an error
  // before step 4, DataLoss if what is read back differs, the temporary files
  // are removed, and what of step 3 is already in place stays; an error of step
  // 5 means that the new files are in place but may not outlive a power cut.
  absl::Status Commit(Replaces replaces = Replaces::kSomething);
  // Whether step 4 is done.
  bool in_place() const { return in_place_; }

 private:
  class PacedFile;
  struct StagedFile {
    std::string path;
    TemporaryName temporary;
    std::unique_ptr<PacedFile> file;
    int64_t size = 0;
    uint32_t crc = 0;  // Of all of it, if it is to be read back.
    bool in_place = false;
    bool has_old = false;  // What it replaced lies under the temporary name.
  };

  absl::Status SyncFolder();
  absl::Status MoveIntoPlace(StagedFile& staged);
  // The same where there may be something whose room can be kept for the next.
  absl::Status Replace(StagedFile& staged);
  // Steps 2 to 4.
  absl::Status MoveAllIntoPlace(Replaces replaces);
  absl::Status SyncAndCloseAll();
  absl::Status ReadBack(const StagedFile& staged) const;
  void RemoveTemporaries();

  const SaveOptions options_;
  FileSystem& files_;
  std::optional<WritePace> pace_;
  std::vector<StagedFile> staged_;
  bool in_place_ = false;
};

}  // namespace cairn

#endif  // CAIRN_SAVING_STAGED_WRITE_H_
