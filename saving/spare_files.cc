#include "saving/spare_files.h"

#include <set>
#include <utility>

namespace cairn {
namespace {

// "index" of "run/ckpt-1.index", "data" of "run/ckpt-1.data-00000-of-00001" and
// its temporary names.
std::string KindOf(const std::string& path) {
  std::string name = BaseName(path);
  const size_t mark = name.rfind(kTemporaryMark);
  if (mark != std::string::npos) name.resize(mark);
  const size_t dot = name.rfind('.');
  if (dot != std::string::npos) name.erase(0, dot + 1);
  return name.substr(0, name.find('-'));
}

}  // namespace

// All that there are.
class SpareFiles::Registry {
 public:
  static Registry& Get() {
    static auto* const registry = new Registry;
    return *registry;
  }
  void Add(SpareFiles* spares) {
    MutexLock lock(mutex_);
    all_.insert(spares);
  }
  void Remove(SpareFiles* spares) {
    MutexLock lock(mutex_);
    all_.erase(spares);
  }
  bool GiveBackAll() {
    MutexLock lock(mutex_);
    bool any = false;
    for (SpareFiles* const spares : all_) any = spares->GiveBack() || any;
    return any;
  }

 private:
  Mutex mutex_;
  std::set<SpareFiles*> all_ ABSL_GUARDED_BY(mutex_);
};

SpareFiles::SpareFiles() { Registry::Get().Add(this); }

SpareFiles::~SpareFiles() {
  Registry::Get().Remove(this);
  GiveBack();
}

bool SpareFiles::GiveBackAll() { return Registry::Get().GiveBackAll(); }

bool SpareFiles::GiveBack() {
  MutexLock lock(mutex_);
  // What stays the next start clears.
  for (const auto& [kind, spare] : spares_) {
    spare.files->Remove(spare.name.path()).IgnoreError();
  }
  const bool any = !spares_.empty();
  spares_.clear();
  // Whoever tries to save once more needs one again.
  lock_.reset();
  return any;
}

void SpareFiles::Keep(FileSystem& files, TemporaryName name) {
  const std::string kind = KindOf(name.path());
  MutexLock lock(mutex_);
  if (spares_.contains(kind)) {
    // What stays the next start clears.
    files.Remove(name.path()).IgnoreError();
  } else {
    spares_[kind] = {&files, std::move(name)};
  }
}

absl::Status SpareFiles::Retire(FileSystem& files, const std::string& path) {
  const std::string kind = KindOf(path);
  MutexLock lock(mutex_);
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
  MutexLock lock(mutex_);
  auto node = spares_.extract(KindOf(path));
  if (node.empty()) return nullptr;
  const Spare& spare = node.mapped();
  // Of another file system, or in a folder that is gone. What stays there the
  // next start clears.
  if (spare.files != &files || !files.Rename(spare.name.path(), path).ok()) {
    spare.files->Remove(spare.name.path()).IgnoreError();
    return nullptr;
  }
  auto file = files.ReuseFile(path);
  if (file.ok()) return *std::move(file);
  // Whoever has it open keeps what was in it. If it stays, who writes a new
  // file of this name hears why.
  files.Remove(path).IgnoreError();
  return nullptr;
}

absl::StatusOr<std::unique_ptr<FileLock>> SpareFiles::Lock(
    FileSystem& files, const std::string& path) {
  MutexLock lock(mutex_);
  if (lock_.has_value() && lock_->spare.files == &files) {
    if (lock_->lock->MoveTo(path)) {
      std::unique_ptr<FileLock> moved = std::move(lock_->lock);
      lock_.reset();
      return moved;
    }
    // Else it stays, to be removed once the folder can be written again.
    if (!lock_->lock->IsInPlace()) lock_.reset();
  }
  return files.Lock(path);
}

void SpareFiles::Unlock(FileSystem& files, const std::string& path,
                        std::unique_ptr<FileLock> lock) {
  MutexLock mutex_lock(mutex_);
  if (lock_.has_value()) return;
  TemporaryName name = TemporaryName::Take(files, path);
  if (lock->MoveTo(name.path())) {
    lock_ = {.spare = {&files, std::move(name)}, .lock = std::move(lock)};
  }
}

absl::Status Retire(SpareFiles* spares, FileSystem& files,
                    const std::string& path) {
  return spares != nullptr ? spares->Retire(files, path) : files.Remove(path);
}

}  // namespace cairn
