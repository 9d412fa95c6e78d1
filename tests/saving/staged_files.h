#ifndef CAIRN_TESTS_SAVING_STAGED_FILES_H_
#define CAIRN_TESTS_SAVING_STAGED_FILES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "saving/staged_write.h"
#include "tests/support/fault_file_system.h"

namespace cairn {

// The last file of what is written in "run".
inline constexpr char kStagedIndex[] = "run/ckpt.index";

// Adds a file, in two pieces.
absl::Status Write(StagedWrite& staged, const std::string& path,
                   const std::string& content);

// A data file, and last an index that holds the data file's name and a copy of
// its content, as a checksum would be.
absl::Status WritePair(FileSystem& files, const std::string& data_name,
                       const std::string& content, bool sync = true);
// The index alone.
absl::Status WriteOne(FileSystem& files, const std::string& content);

// The content of the pair that is there, "none", or what is wrong with it.
std::string ReadPair(FileSystem& files);
// That of the index, "none", or the error.
std::string ReadOne(FileSystem& files);

// In "run" and elsewhere, without folders.
std::vector<std::string> TemporaryNames(const FaultFileSystem& files);

}  // namespace cairn

#endif  // CAIRN_TESTS_SAVING_STAGED_FILES_H_
