#ifndef CAIRN_SAVING_PATH_CLAIM_H_
#define CAIRN_SAVING_PATH_CLAIM_H_

#include <memory>
#include <string>

#include "core/io/file_system.h"

namespace cairn {

// While it lives, no other thread of this process can claim the same path. What
// other programs do it does not know; nor that two spellings are one path.
class PathClaim {
 public:
  // Null if it is claimed already. Never waits. Thread-safe. `files` is not
  // owned, and tells apart paths of different file systems.
  static std::unique_ptr<PathClaim> Take(const FileSystem* files,
                                         const std::string& path);
  ~PathClaim();
  PathClaim(const PathClaim&) = delete;
  PathClaim& operator=(const PathClaim&) = delete;

 private:
  PathClaim(const FileSystem* files, const std::string& path)
      : files_(files), path_(path) {}

  const FileSystem* const files_;
  const std::string path_;
};

}  // namespace cairn

#endif  // CAIRN_SAVING_PATH_CLAIM_H_
