#include "saving/spare_files.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"

namespace cairn {
namespace {

// "index" of "run/ckpt-1.index", "data" of "run/ckpt-1.data-00000-of-00001" and
// its temporary names.
std::string KindOf(const std::string& path) {
  std::string name = BaseName(path);
  name.resize(std::min(name.size(), name.rfind(kTemporaryMark)));
  const size_t begin = name.rfind('.') + 1;
  return name.substr(begin, name.find('-', begin) - begin);
}

}  // namespace

SpareFiles::~SpareFiles() {
  // What stays the next start clears.
  for (const auto& [kind, spare] : spares_) {
    spare.files->Remove(spare.name.path()).IgnoreError();
  }
}

absl::Status SpareFiles::Retire(FileSystem& files, const std::string& path) {
  const std::string kind = KindOf(path);
  if (!spares_.contains(kind)) {
    TemporaryName name = TemporaryName::Take(files, path);
    if (files.Rename(path, name.path()).ok()) {
      spares_[kind] = {&files, std::move(name)};
      return absl::OkStatus();
    }
  }
  return files.Remove(path);
}

std::unique_ptr<WritableFile> SpareFiles::Take(FileSystem& files,
                                               const std::string& path) {
  auto node = spares_.extract(KindOf(path));
  if (node.empty()) return nullptr;
  const Spare& spare = node.mapped();
  // Of another file system, or in a folder that is gone.
  if (spare.files != &files || !files.Rename(spare.name.path(), path).ok()) {
    spare.files->Remove(spare.name.path()).IgnoreError();
    return nullptr;
  }
  auto file = files.ReuseFile(path);
  if (file.ok()) return *std::move(file);
  // Whoever has it open keeps what was in it.
  files.Remove(path).IgnoreError();
  return nullptr;
}

absl::Status Retire(SpareFiles* spares, FileSystem& files,
                    const std::string& path) {
  return spares != nullptr ? spares->Retire(files, path) : files.Remove(path);
}

}  // namespace cairn
