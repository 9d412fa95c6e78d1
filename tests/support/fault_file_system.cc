#include "tests/support/fault_file_system.h"

#include <algorithm>
#include <cstring>
#include <set>
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

// From what was synced to what is seen.
std::vector<std::string> ContentStates(const std::string& synced,
                                       const std::string& seen) {
  if (seen == synced) return {seen};
  const size_t start = absl::StartsWith(seen, synced) ? synced.size() : 0;
  const size_t half = (seen.size() - start) / 2, rest = seen.size() - start;
  std::vector<std::string> states = {synced};
  const auto add = [&](const std::string& state) {
    if (std::count(states.begin(), states.end(), state) == 0 && state != seen) {
      states.push_back(state);
    }
  };
  add(seen.substr(0, start));
  add(seen.substr(0, start + half));
  // Blocks need not come in their order: the length before the bytes, and the
  // last before the first.
  add(seen.substr(0, start) + std::string(rest, '\0'));
  add(seen.substr(0, start) + std::string(half, '\0') +
      seen.substr(start + half));
  states.push_back(seen);
  return states;
}

// All combinations of states, where there are few enough.
std::set<std::vector<int>> AllChoices(const std::vector<int>& states) {
  std::set<std::vector<int>> all = {{}};
  for (const int count : states) {
    std::set<std::vector<int>> longer;
    for (std::vector<int> choices : all) {
      choices.push_back(0);
      for (; choices.back() < count; ++choices.back()) longer.insert(choices);
    }
    all = std::move(longer);
  }
  return all;
}

// `base`, and whatever differs from it in at most two places.
void AddChoicesNear(const std::vector<int>& base,
                    const std::vector<int>& states,
                    std::set<std::vector<int>>* all) {
  all->insert(base);
  for (size_t i = 0; i < states.size(); ++i) {
    for (size_t j = i; j < states.size(); ++j) {
      std::vector<int> choices = base;
      for (choices[i] = 0; choices[i] < states[i]; ++choices[i]) {
        if (j == i) {
          all->insert(choices);
          continue;
        }
        for (choices[j] = 0; choices[j] < states[j]; ++choices[j]) {
          all->insert(choices);
        }
      }
    }
  }
}

std::set<std::vector<int>> PowerCutChoices(const std::vector<int>& states) {
  constexpr int64_t kMost = 1000;
  int64_t combinations = 1;
  for (const int count : states) {
    combinations = std::min(combinations * count, kMost + 1);
  }
  if (combinations <= kMost) return AllChoices(states);
  std::vector<int> kept = states;
  for (int& choice : kept) --choice;
  std::set<std::vector<int>> all;
  AddChoicesNear(kept, states, &all);
  AddChoicesNear(std::vector<int>(states.size(), 0), states, &all);
  return all;
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
    entry_->content.append(reinterpret_cast<const char*>(bytes.data()),
                           written);
    return status;
  }

  absl::Status Sync() override {
    MutexLock lock(files_.mutex_);
    CAIRN_RETURN_IF_ERROR(Count("Sync"));
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

 private:
  bool IsHeld() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(files_.mutex_) {
    const auto held = files_.locks_.find(path_);
    return held != files_.locks_.end() && held->second == this;
  }

  FaultFileSystem& files_;
  const std::string path_;
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

std::vector<FaultFileSystem::Unsynced> FaultFileSystem::FindUnsynced() const {
  std::vector<Unsynced> unsynced;
  std::set<const Entry*> seen;
  for (const auto& [path, name] : names_) {
    if (name.size() > 1) {
      unsynced.push_back({.what = absl::StrCat("name ", path),
                          .path = path,
                          .states = static_cast<int>(name.size())});
    }
    for (const std::shared_ptr<Entry>& entry : name) {
      if (entry == nullptr || !seen.insert(entry.get()).second) continue;
      std::vector<std::string> contents =
          ContentStates(entry->synced_content, entry->content);
      if (contents.size() == 1) continue;
      const int states = static_cast<int>(contents.size());
      unsynced.push_back({.what = absl::StrCat("content of ", path),
                          .entry = entry,
                          .contents = std::move(contents),
                          .states = states});
    }
  }
  return unsynced;
}

std::unique_ptr<FaultFileSystem> FaultFileSystem::Restart(
    const std::vector<Unsynced>& unsynced,
    absl::Span<const int> choices) const {
  CAIRN_CHECK(choices.size() == unsynced.size());
  std::map<std::string, std::shared_ptr<Entry>> found;
  for (const auto& [path, name] : names_) found[path] = name.back();
  std::map<const Entry*, std::string> contents;
  for (size_t i = 0; i < choices.size(); ++i) {
    CAIRN_CHECK(choices[i] >= 0 && choices[i] < unsynced[i].states);
    if (unsynced[i].entry == nullptr) {
      found[unsynced[i].path] = names_.at(unsynced[i].path)[choices[i]];
    } else {
      contents[unsynced[i].entry.get()] = unsynced[i].contents[choices[i]];
    }
  }
  auto after = std::make_unique<FaultFileSystem>();
  MutexLock lock(after->mutex_);
  std::map<const Entry*, std::shared_ptr<Entry>> copies;
  for (const auto& [path, entry] : found) {
    if (entry == nullptr) continue;
    std::shared_ptr<Entry>& copy = copies[entry.get()];
    if (copy == nullptr) {
      copy = std::make_shared<Entry>(*entry);
      const auto chosen = contents.find(entry.get());
      if (chosen != contents.end()) copy->content = chosen->second;
      copy->synced_content = copy->content;
    }
    after->names_[path] = {copy};
  }
  return after;
}

std::unique_ptr<FaultFileSystem> FaultFileSystem::AfterKill() const {
  MutexLock lock(mutex_);
  auto after = std::make_unique<FaultFileSystem>();
  MutexLock after_lock(after->mutex_);
  std::map<const Entry*, std::shared_ptr<Entry>> copies = {{nullptr, nullptr}};
  for (const auto& [path, name] : names_) {
    Name& copied = after->names_[path];
    copied.clear();
    for (const std::shared_ptr<Entry>& entry : name) {
      std::shared_ptr<Entry>& copy = copies[entry.get()];
      if (entry != nullptr && copy == nullptr) {
        copy = std::make_shared<Entry>(*entry);
      }
      copied.push_back(copy);
    }
  }
  return after;
}

std::unique_ptr<FaultFileSystem> FaultFileSystem::AfterPowerCutLosingAll()
    const {
  return AfterPowerCut(std::vector<int>(PowerCutStates().size(), 0));
}

std::unique_ptr<FaultFileSystem> FaultFileSystem::AfterPowerCutKeepingAll()
    const {
  std::vector<int> choices = PowerCutStates();
  for (int& choice : choices) --choice;
  return AfterPowerCut(choices);
}

std::vector<int> FaultFileSystem::PowerCutStates() const {
  MutexLock lock(mutex_);
  std::vector<int> states;
  for (const Unsynced& item : FindUnsynced()) states.push_back(item.states);
  return states;
}

std::unique_ptr<FaultFileSystem> FaultFileSystem::AfterPowerCut(
    absl::Span<const int> choices) const {
  MutexLock lock(mutex_);
  return Restart(FindUnsynced(), choices);
}

void FaultFileSystem::ForEachPowerCut(
    const std::function<void(FaultFileSystem& after,
                             const std::string& choices)>& check) const {
  const std::vector<Unsynced> unsynced = [&] {
    MutexLock lock(mutex_);
    return FindUnsynced();
  }();
  std::vector<int> states;
  for (const Unsynced& item : unsynced) states.push_back(item.states);
  for (const std::vector<int>& choices : PowerCutChoices(states)) {
    std::vector<std::string> text;
    for (size_t i = 0; i < choices.size(); ++i) {
      text.push_back(absl::StrCat(unsynced[i].what, " in state ", choices[i],
                                  " of ", states[i]));
    }
    check(*AfterPowerCut(choices), absl::StrJoin(text, ", "));
  }
}

}  // namespace cairn
