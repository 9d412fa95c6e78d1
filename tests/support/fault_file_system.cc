#include "tests/support/fault_file_system.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"

namespace cairn {
namespace {

// The root, under which all is, has the empty name.
std::string Normal(const std::string& path) {
  std::vector<std::string> parts;
  for (const absl::string_view part : absl::StrSplit(path, '/')) {
    if (!part.empty() && part != ".") parts.emplace_back(part);
  }
  return absl::StrJoin(parts, "/");
}

std::string FolderOf(const std::string& normal_path) {
  const size_t slash = normal_path.rfind('/');
  return slash == std::string::npos ? "" : normal_path.substr(0, slash);
}

absl::Status NoSuchFile(const std::string& path) {
  return absl::NotFoundError(absl::StrCat("\"", path, "\": not there"));
}

// As the operating system's errors, which name the path.
absl::Status Of(const std::string& path, const absl::Status& status) {
  return status.ok()
             ? status
             : absl::Status(status.code(),
                            absl::StrCat("\"", path, "\": ", status.message()));
}

}  // namespace

class FaultFileSystem::OpenForWriting : public WritableFile {
 public:
  OpenForWriting(FaultFileSystem& files, std::string path,
                 std::shared_ptr<Entry> entry)
      : files_(files), path_(std::move(path)), entry_(std::move(entry)) {}

  absl::Status Append(absl::Span<const std::byte> bytes) override {
    MutexLock lock(files_.mutex_);
    const absl::Status status = Count("Append");
    size_t written = bytes.size();
    if (!status.ok()) written = files_.WritesHalf(status) ? written / 2 : 0;
    // Of a file that is reused the old bytes lie behind.
    entry_->content.replace(position_, written,
                            reinterpret_cast<const char*>(bytes.data()),
                            written);
    position_ += written;
    return status;
  }

  void BypassCache() override {
    MutexLock lock(files_.mutex_);
    ++files_.bypassed_;
  }

  absl::Status Sync() override {
    MutexLock lock(files_.mutex_);
    CAIRN_RETURN_IF_ERROR(Count("Sync"));
    entry_->content.resize(position_);
    entry_->synced_content = entry_->content;
    return absl::OkStatus();
  }

  absl::Status Reserve(int64_t) override {
    MutexLock lock(files_.mutex_);
    return Count("Reserve");
  }

  absl::Status Close() override {
    MutexLock lock(files_.mutex_);
    const absl::Status status = Count("Close");
    if (status.ok()) entry_->content.resize(position_);
    open_ = false;
    return status;
  }

 private:
  absl::Status Count(const char* operation)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(files_.mutex_) {
    CAIRN_CHECK(open_);
    return files_.CountMutation(absl::StrCat(operation, " ", path_));
  }

  FaultFileSystem& files_;
  const std::string path_;
  const std::shared_ptr<Entry> entry_;
  size_t position_ = 0;
  bool open_ = true;
};

class FaultFileSystem::OpenForReading : public RandomAccessFile {
 public:
  OpenForReading(FaultFileSystem& files, std::string path,
                 std::shared_ptr<Entry> entry, int64_t size)
      : files_(files),
        path_(std::move(path)),
        entry_(std::move(entry)),
        size_(size) {}

  int64_t size() const override { return size_; }

  absl::Status Read(int64_t offset,
                    absl::Span<std::byte> destination) const override {
    MutexLock lock(files_.mutex_);
    CAIRN_RETURN_IF_ERROR(Of(path_, files_.CountRead()));
    const int64_t wanted = static_cast<int64_t>(destination.size());
    const int64_t size =
        std::min(size_, static_cast<int64_t>(entry_->content.size()));
    if (offset < 0 || offset > size || wanted > size - offset) {
      return absl::DataLossError(absl::StrCat("\"", path_, "\": cannot read ",
                                              wanted, " bytes from offset ",
                                              offset, " of ", size));
    }
    if (wanted > 0) {
      std::memcpy(destination.data(), entry_->content.data() + offset,
                  destination.size());
    }
    files_.bytes_read_ += wanted;
    return absl::OkStatus();
  }

 private:
  FaultFileSystem& files_;
  const std::string path_;
  const std::shared_ptr<Entry> entry_;
  const int64_t size_;
};

class FaultFileSystem::HeldLock : public FileLock {
 public:
  HeldLock(FaultFileSystem& files, std::string path)
      : files_(files), path_(std::move(path)) {}
  ~HeldLock() override {
    MutexLock lock(files_.mutex_);
    if (IsHeld()) files_.locks_.erase(path_);
  }

  bool IsInPlace() const override {
    MutexLock lock(files_.mutex_);
    return IsHeld();
  }

  bool MoveTo(const std::string& path) override {
    MutexLock lock(files_.mutex_);
    const std::string name = Normal(path);
    if (!IsHeld() || files_.locks_.count(name) > 0) return false;
    files_.locks_.erase(std::exchange(path_, name));
    files_.locks_[name] = this;
    return true;
  }

 private:
  bool IsHeld() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(files_.mutex_) {
    const auto held = files_.locks_.find(path_);
    return held != files_.locks_.end() && held->second == this;
  }

  FaultFileSystem& files_;
  std::string path_;
};

absl::StatusOr<std::unique_ptr<FileLock>> FaultFileSystem::Lock(
    const std::string& path) {
  MutexLock lock(mutex_);
  CAIRN_RETURN_IF_ERROR(CheckFolderOf(path));
  const std::string name = Normal(path);
  if (locks_.count(name) > 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("\"", path, "\": somebody writes there now"));
  }
  auto held = std::make_unique<HeldLock>(*this, name);
  locks_[name] = held.get();
  return held;
}

absl::StatusOr<FreeSpace> FaultFileSystem::FindFreeSpace(const std::string&) {
  MutexLock lock(mutex_);
  return free_space_;
}

void FaultFileSystem::SetFreeSpace(const FreeSpace& space) {
  MutexLock lock(mutex_);
  free_space_ = space;
}

FaultFileSystem::FaultFileSystem() {
  names_[""] = {std::make_shared<Entry>(Entry{.is_folder = true})};
}

void FaultFileSystem::Put(const std::string& path, const std::string& content) {
  MutexLock lock(mutex_);
  const std::string name = Normal(path);
  MakeFolders(FolderOf(name));
  names_[name] = {std::make_shared<Entry>(
      Entry{.content = content, .synced_content = content})};
}

std::map<std::string, std::string> FaultFileSystem::Contents() const {
  MutexLock lock(mutex_);
  std::map<std::string, std::string> contents;
  for (const auto& [path, name] : names_) {
    const std::shared_ptr<Entry>& entry = name.back();
    if (entry != nullptr && !entry->is_folder) contents[path] = entry->content;
  }
  return contents;
}

std::vector<std::string> FaultFileSystem::mutations() const {
  MutexLock lock(mutex_);
  return mutations_;
}

int FaultFileSystem::bypassed() const {
  MutexLock lock(mutex_);
  return bypassed_;
}

int FaultFileSystem::reads() const {
  MutexLock lock(mutex_);
  return reads_;
}

int64_t FaultFileSystem::bytes_read() const {
  MutexLock lock(mutex_);
  return bytes_read_;
}

void FaultFileSystem::FailMutation(int number, absl::Status status,
                                   Repeat repeat, bool half_written) {
  MutexLock lock(mutex_);
  mutation_fault_ = {number, std::move(status), repeat, half_written};
}

void FaultFileSystem::FailRead(int number, absl::Status status, Repeat repeat) {
  MutexLock lock(mutex_);
  read_fault_ = {number, std::move(status), repeat};
}

void FaultFileSystem::StopAfter(int number) {
  MutexLock lock(mutex_);
  stop_after_ = number;
}

void FaultFileSystem::RemoveFolder(const std::string& path) {
  MutexLock lock(mutex_);
  EraseFolder(Normal(path));
}

void FaultFileSystem::RemoveFolderBefore(int number, const std::string& path) {
  MutexLock lock(mutex_);
  vanishes_before_ = number;
  vanishing_ = Normal(path);
}

void FaultFileSystem::EraseFolder(const std::string& path) {
  const auto is_in_it = [&](const auto& item) {
    return item.first == path || absl::StartsWith(item.first, path + "/");
  };
  std::erase_if(names_, is_in_it);
  std::erase_if(locks_, is_in_it);
}

absl::Status FaultFileSystem::CountMutation(const std::string& what) {
  mutations_.push_back(what);
  const int number = static_cast<int>(mutations_.size());
  if (number == vanishes_before_) EraseFolder(vanishing_);
  if (stop_after_ >= 0 && number > stop_after_) {
    return absl::UnavailableError("stopped");
  }
  if (mutation_fault_.Hits(number)) return mutation_fault_.status;
  return absl::OkStatus();
}

bool FaultFileSystem::WritesHalf(const absl::Status& failure) const {
  return mutation_fault_.half_written && failure == mutation_fault_.status;
}

absl::Status FaultFileSystem::CountRead() {
  ++reads_;
  if (stop_after_ >= 0 && static_cast<int>(mutations_.size()) >= stop_after_) {
    return absl::UnavailableError("stopped");
  }
  if (read_fault_.Hits(reads_)) return read_fault_.status;
  return absl::OkStatus();
}

std::shared_ptr<FaultFileSystem::Entry> FaultFileSystem::Find(
    const std::string& path) const {
  const auto name = names_.find(Normal(path));
  return name == names_.end() ? nullptr : name->second.back();
}

absl::Status FaultFileSystem::CheckFolderOf(const std::string& path) const {
  const std::string folder = FolderOf(Normal(path));
  const std::shared_ptr<Entry> entry = Find(folder);
  if (entry == nullptr || !entry->is_folder) return NoSuchFile(folder);
  return absl::OkStatus();
}

void FaultFileSystem::MakeFolders(const std::string& path) {
  for (std::string folder = path; Find(folder) == nullptr;
       folder = FolderOf(folder)) {
    names_[folder] = {std::make_shared<Entry>(Entry{.is_folder = true})};
  }
}

absl::StatusOr<std::unique_ptr<WritableFile>> FaultFileSystem::NewWritableFile(
    const std::string& path) {
  MutexLock lock(mutex_);
  CAIRN_RETURN_IF_ERROR(CountMutation(absl::StrCat("NewWritableFile ", path)));
  CAIRN_RETURN_IF_ERROR(CheckFolderOf(path));
  std::shared_ptr<Entry> entry = Find(path);
  if (entry == nullptr) {
    entry = std::make_shared<Entry>();
    Name& name = names_[Normal(path)];
    if (name.empty()) name.push_back(nullptr);
    name.push_back(entry);
  }
  if (entry->is_folder) {
    return absl::InternalError(absl::StrCat("\"", path, "\": a folder"));
  }
  entry->content.clear();
  return std::make_unique<OpenForWriting>(*this, path, std::move(entry));
}

absl::StatusOr<std::unique_ptr<WritableFile>> FaultFileSystem::ReuseFile(
    const std::string& path) {
  MutexLock lock(mutex_);
  CAIRN_RETURN_IF_ERROR(CountMutation(absl::StrCat("ReuseFile ", path)));
  std::shared_ptr<Entry> entry = Find(path);
  if (entry == nullptr) return NoSuchFile(path);
  if (entry->is_folder) {
    return absl::InternalError(absl::StrCat("\"", path, "\": a folder"));
  }
  return std::make_unique<OpenForWriting>(*this, path, std::move(entry));
}

absl::StatusOr<std::unique_ptr<RandomAccessFile>>
FaultFileSystem::NewRandomAccessFile(const std::string& path) {
  MutexLock lock(mutex_);
  CAIRN_RETURN_IF_ERROR(Of(path, CountRead()));
  const std::shared_ptr<Entry> entry = Find(path);
  if (entry == nullptr) return NoSuchFile(path);
  if (entry->is_folder) {
    return absl::InternalError(absl::StrCat("\"", path, "\": a folder"));
  }
  return std::make_unique<OpenForReading>(
      *this, path, entry, static_cast<int64_t>(entry->content.size()));
}

absl::Status FaultFileSystem::Rename(const std::string& from,
                                     const std::string& to) {
  MutexLock lock(mutex_);
  CAIRN_RETURN_IF_ERROR(CountMutation(absl::StrCat("Rename ", from, " ", to)));
  CAIRN_RETURN_IF_ERROR(CheckFolderOf(to));
  const std::shared_ptr<Entry> entry = Find(from);
  if (entry == nullptr) return NoSuchFile(from);
  const std::shared_ptr<Entry> replaced = Find(to);
  if (entry->is_folder || (replaced != nullptr && replaced->is_folder)) {
    return absl::InternalError(absl::StrCat("\"", from, "\": a folder"));
  }
  if (entry == replaced) return absl::OkStatus();
  Name& target = names_[Normal(to)];
  if (target.empty()) target.push_back(nullptr);
  target.push_back(entry);
  names_[Normal(from)].push_back(nullptr);
  return absl::OkStatus();
}

absl::Status FaultFileSystem::Exchange(const std::string& one,
                                       const std::string& other) {
  MutexLock lock(mutex_);
  const absl::Status failure =
      CountMutation(absl::StrCat("Exchange ", one, " ", other));
  const std::shared_ptr<Entry> first = Find(one), second = Find(other);
  const bool can = first != nullptr && second != nullptr && !first->is_folder &&
                   !second->is_folder;
  if (can && (failure.ok() || WritesHalf(failure))) {
    names_[Normal(one)].push_back(second);
    names_[Normal(other)].push_back(first);
  }
  if (!failure.ok() || can) return failure;
  if (first == nullptr) return NoSuchFile(one);
  if (second == nullptr) return NoSuchFile(other);
  return absl::UnimplementedError(absl::StrCat("\"", one, "\": a folder"));
}

absl::Status FaultFileSystem::CopyMode(const std::string& from,
                                       const std::string& to) {
  MutexLock lock(mutex_);
  if (Find(from) == nullptr) return absl::OkStatus();
  return CountMutation(absl::StrCat("CopyMode ", from, " ", to));
}

absl::Status FaultFileSystem::Remove(const std::string& path) {
  MutexLock lock(mutex_);
  CAIRN_RETURN_IF_ERROR(CountMutation(absl::StrCat("Remove ", path)));
  const std::shared_ptr<Entry> entry = Find(path);
  if (entry == nullptr) return NoSuchFile(path);
  if (entry->is_folder) {
    return absl::InternalError(absl::StrCat("\"", path, "\": a folder"));
  }
  names_[Normal(path)].push_back(nullptr);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> FaultFileSystem::List(
    const std::string& directory) {
  MutexLock lock(mutex_);
  CAIRN_RETURN_IF_ERROR(Of(directory, CountRead()));
  const std::shared_ptr<Entry> entry = Find(directory);
  if (entry == nullptr || !entry->is_folder) return NoSuchFile(directory);
  std::vector<std::string> listed;
  for (const auto& [path, name] : names_) {
    if (!path.empty() && name.back() != nullptr &&
        FolderOf(path) == Normal(directory)) {
      listed.push_back(BaseName(path));
    }
  }
  return listed;
}

absl::StatusOr<bool> FaultFileSystem::Exists(const std::string& path) {
  MutexLock lock(mutex_);
  CAIRN_RETURN_IF_ERROR(Of(path, CountRead()));
  return Find(path) != nullptr;
}

absl::Status FaultFileSystem::CreateDirectories(const std::string& path) {
  MutexLock lock(mutex_);
  CAIRN_RETURN_IF_ERROR(
      CountMutation(absl::StrCat("CreateDirectories ", path)));
  for (std::string above = Normal(path); !above.empty();
       above = FolderOf(above)) {
    const std::shared_ptr<Entry> entry = Find(above);
    if (entry != nullptr && !entry->is_folder) {
      return absl::InternalError(absl::StrCat("\"", above, "\": a file"));
    }
  }
  MakeFolders(Normal(path));
  return absl::OkStatus();
}

absl::Status FaultFileSystem::SyncDirectory(const std::string& path) {
  MutexLock lock(mutex_);
  CAIRN_RETURN_IF_ERROR(CountMutation(absl::StrCat("SyncDirectory ", path)));
  const std::shared_ptr<Entry> entry = Find(path);
  if (entry == nullptr || !entry->is_folder) return NoSuchFile(path);
  for (auto name = names_.begin(); name != names_.end();) {
    if (FolderOf(name->first) == Normal(path)) {
      name->second.erase(name->second.begin(), name->second.end() - 1);
    }
    const bool gone = name->second == Name{nullptr};
    name = gone ? names_.erase(name) : std::next(name);
  }
  return absl::OkStatus();
}

}  // namespace cairn
