#ifndef CAIRN_TESTS_SUPPORT_FORMAT_CONTRACT_H_
#define CAIRN_TESTS_SUPPORT_FORMAT_CONTRACT_H_

#include <string>

#include "core/training/snapshot.h"
#include "saving/format.h"

namespace cairn {

// How much was tried, so that a test can see that it was not nothing.
struct FormatTrials {
  int flips = 0;        // Bits changed in a file.
  int truncations = 0;  // Lengths a file was cut to.
  int failures = 0;     // Operations of a save, or of reading, that failed.
  int kills = 0;        // Operations after which the program stopped.
  int power_cuts = 0;   // States of the disk after the power was cut.
};

// Checks what every format promises, with snapshots that have all parts:
//  - each part alone and all together are read as they were written, and every
//    path of edges leads to the tensor it led to;
//  - a tensor read alone equals the same tensor read with all;
//  - every bit changed in any file, and every file cut at any length, is found
//    as damage when opening, verifying or reading;
//  - an error, a kill or a power cut at any operation of a save, to a new path
//    and over an older file twice, leaves the old or the new, whole, and a
//    next save succeeds; after a power cut at a new path the new may also be
//    there in part, so that it cannot be read;
//  - every operation of reading that fails is an error of reading.
FormatTrials CheckFormat(const Format& format, const Snapshot& old_snapshot,
                         const Snapshot& new_snapshot);

// All values of a snapshot, sorted by name, without its objects.
std::string DescribeValues(const Snapshot& snapshot);

}  // namespace cairn

#endif  // CAIRN_TESTS_SUPPORT_FORMAT_CONTRACT_H_
