#ifndef CAIRN_SAVING_CHECKPOINT_REMAINS_H_
#define CAIRN_SAVING_CHECKPOINT_REMAINS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/io/file_system.h"

namespace cairn {

// What a program that is stopped while it saves or removes checkpoints leaves
// in a folder.

// Which checkpoints are meant, by the last part of their prefix.
using IsMeant = std::function<bool(absl::string_view name)>;

// Those called `name_prefix` and a number, such as "ckpt-12".
IsMeant NumberedCheckpoints(const std::string& name_prefix);

// The names of their data files that have no index or that their index does not
// count, and of an index that has no data file.
absl::StatusOr<std::vector<std::string>> ListHalfCheckpoints(
    const std::string& directory, const IsMeant& is_meant, FileSystem& files);

// Removes these, their files under temporary names, and the file of each lock
// of such a save that nobody holds. What is being saved now is left alone, and
// nobody else can begin to save what is removed.
absl::Status RemoveRemains(const std::string& directory,
                           const IsMeant& is_meant, FileSystem& files);

// The same for one checkpoint that each save replaces: its temporary files
// alone.
absl::Status RemoveTemporaries(const std::string& directory,
                               const IsMeant& is_meant, FileSystem& files);

}  // namespace cairn

#endif  // CAIRN_SAVING_CHECKPOINT_REMAINS_H_
