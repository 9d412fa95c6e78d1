#ifndef CAIRN_BENCHMARKS_RAW_STATE_H_
#define CAIRN_BENCHMARKS_RAW_STATE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace cairn {

// The physical limit of saving: the bytes of a state in one buffer, written,
// flushed and renamed, and read into another.
class RawState {
 public:
  explicit RawState(int64_t bytes) : from_(bytes, 'x'), to_(bytes, 'y') {}

  // Writes beside `path`.
  absl::Status Write(const std::string& path);
  // What makes it last: syncs the file, renames it, syncs its folder.
  absl::Status Commit(const std::string& path);
  absl::Status Read(const std::string& path);
  void Copy();

 private:
  std::vector<char> from_, to_;
  int file_ = -1;
};

// Syncs what lies in `folder`, and it.
absl::Status SyncFilesIn(const std::string& folder);

}  // namespace cairn

#endif  // CAIRN_BENCHMARKS_RAW_STATE_H_
