#ifndef CAIRN_SAVING_CHECKPOINT_VERIFICATION_H_
#define CAIRN_SAVING_CHECKPOINT_VERIFICATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/io/file_system.h"

namespace cairn {

// One thing that is wrong.
struct Fault {
  absl::Status status;
  // Of a damaged tensor, its key, the file it lies in and its bytes there; of a
  // whole file, that; where one cannot be said, empty and -1.
  std::string key, file;
  int64_t offset = -1, size = -1;
};

// What was found of a checkpoint, or of a file that lies beside checkpoints.
struct Verdict {
  enum class Kind {
    kCheckpoint,
    kStateFile,         // The file "checkpoint".
    kDataWithoutIndex,  // Nobody reads it: it or its index is what is left.
    kTemporaryFile,     // Of a run that saves, or that was ended then.
    kMissing            // There is nothing of that name.
  };
  Kind kind = Kind::kCheckpoint;
  std::string path;
  int64_t entries = 0, bytes = 0;  // Of a checkpoint.
  std::vector<Fault> faults;       // Empty: it is good.
};

// Reads every byte that a checksum covers, and tests that what is read makes
// sense: index, tensors, the object graph and the configs. All damaged tensors
// are found, not only the first.
Verdict VerifyCheckpoint(const std::string& prefix,
                         FileSystem& files = FileSystem::Default());

// Of a prefix or one of its files, that checkpoint. Of a folder, all that is in
// it; a state file is good if every checkpoint that it names is there. Files
// that are left over are listed without a fault, as they do no harm.
std::vector<Verdict> VerifyPath(const std::string& path,
                                FileSystem& files = FileSystem::Default());

}  // namespace cairn

#endif  // CAIRN_SAVING_CHECKPOINT_VERIFICATION_H_
