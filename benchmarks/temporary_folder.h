#ifndef CAIRN_BENCHMARKS_TEMPORARY_FOLDER_H_
#define CAIRN_BENCHMARKS_TEMPORARY_FOLDER_H_

#include <string>

#include "absl/status/statusor.h"

namespace cairn {

// A new folder, removed with all that is in it. It lies where the environment
// variable TMPDIR says, else in /tmp: that is the disk which is measured.
class TemporaryFolder {
 public:
  static absl::StatusOr<TemporaryFolder> Create();
  ~TemporaryFolder();
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path);

  std::string path_;  // Empty: moved from.
};

}  // namespace cairn

#endif  // CAIRN_BENCHMARKS_TEMPORARY_FOLDER_H_
