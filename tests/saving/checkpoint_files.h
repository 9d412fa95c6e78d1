#ifndef CAIRN_TESTS_SAVING_CHECKPOINT_FILES_H_
#define CAIRN_TESTS_SAVING_CHECKPOINT_FILES_H_

#include <cstdint>
#include <string>

#include "tests/support/fault_file_system.h"

namespace cairn {

// Puts a checkpoint there that records `step`, -1: no step, and a file beside
// it in "run".
void Put(FaultFileSystem& files, const std::string& prefix, int64_t step);

// Changes a byte in the middle.
void Damage(FaultFileSystem& files, const std::string& path);

}  // namespace cairn

#endif  // CAIRN_TESTS_SAVING_CHECKPOINT_FILES_H_
