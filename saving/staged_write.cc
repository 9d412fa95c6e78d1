#include "saving/staged_write.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/annotate.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"

namespace cairn {
namespace {

constexpr char kTemporaryMark[] = ".tmp-";

}  // namespace

StagedWrite::StagedWrite(FileSystem& files, bool sync)
    : files_(files), sync_(sync) {}

StagedWrite::~StagedWrite() { RemoveTemporaries(); }

absl::StatusOr<WritableFile*> StagedWrite::Create(const std::string& path) {
  for (const StagedFile& staged : staged_) {
    CAIRN_CHECK(path != staged.path);
    CAIRN_CHECK(DirectoryOf(path) == DirectoryOf(staged.path));
  }
  StagedFile staged;
  staged.path = path;
  // The process id keeps two programs apart, and a second attempt of this one
  // writes over what the first could not remove. Another thread that writes the
  // same file takes the next number.
  staged.temporary_path = absl::StrCat(path, kTemporaryMark, ::getpid());
  for (int i = 1; staged.claim == nullptr; ++i) {
    staged.claim = PathClaim::Take(&files_, staged.temporary_path);
    if (staged.claim == nullptr) {
      staged.temporary_path =
          absl::StrCat(path, kTemporaryMark, ::getpid(), "000", i);
    }
  }
  CAIRN_ASSIGN_OR_RETURN(staged.file,
                         files_.NewWritableFile(staged.temporary_path));
  staged_.push_back(std::move(staged));
  return staged_.back().file.get();
}

absl::Status StagedWrite::Commit(Replaces replaces) {
  CAIRN_CHECK(!staged_.empty() && !staged_.back().in_place);
  const absl::Status moved = MoveAllIntoPlace(replaces);
  if (!moved.ok()) {
    RemoveTemporaries();
    return moved;
  }
  in_place_ = true;
  return Annotate(SyncFolder(),
                  absl::StrCat("\"", staged_.back().path,
                               "\": it is in place but may not outlive a "
                               "power cut"));
}

absl::Status StagedWrite::SyncAndCloseAll() {
  if (sync_) {
    std::vector<WritableFile*> files;
    for (const StagedFile& staged : staged_) {
      files.push_back(staged.file.get());
    }
    CAIRN_RETURN_IF_ERROR(files_.SyncFiles(files));
  }
  for (StagedFile& staged : staged_) {
    CAIRN_RETURN_IF_ERROR(staged.file->Close());
    staged.file = nullptr;
  }
  return absl::OkStatus();
}

absl::Status StagedWrite::MoveAllIntoPlace(Replaces replaces) {
  CAIRN_RETURN_IF_ERROR(SyncAndCloseAll());
  for (size_t i = 0; i + 1 < staged_.size(); ++i) {
    CAIRN_RETURN_IF_ERROR(MoveIntoPlace(staged_[i]));
  }
  if (staged_.size() > 1 && replaces == Replaces::kSomething) {
    CAIRN_RETURN_IF_ERROR(SyncFolder());
  }
  return MoveIntoPlace(staged_.back());
}

absl::Status StagedWrite::MoveIntoPlace(StagedFile& staged) {
  CAIRN_RETURN_IF_ERROR(files_.Rename(staged.temporary_path, staged.path));
  staged.in_place = true;
  return absl::OkStatus();
}

absl::Status StagedWrite::SyncFolder() {
  if (!sync_) return absl::OkStatus();
  return files_.SyncDirectory(DirectoryOf(staged_.front().path));
}

void StagedWrite::RemoveTemporaries() {
  for (StagedFile& staged : staged_) {
    if (staged.in_place) continue;
    staged.file = nullptr;
    // What cannot be removed now, RemoveLeftovers() finds later. The error that
    // led here says more.
    files_.Remove(staged.temporary_path).IgnoreError();
  }
  staged_.clear();
}

bool IsTemporaryName(const std::string& name) {
  size_t digits = name.size();
  while (digits > 0 && absl::ascii_isdigit(name[digits - 1])) --digits;
  return digits < name.size() &&
         absl::EndsWith(name.substr(0, digits), kTemporaryMark);
}

absl::StatusOr<std::vector<std::string>> RemoveLeftovers(
    FileSystem& files, const std::string& directory,
    const std::string& name_prefix) {
  std::vector<std::string> removed;
  absl::StatusOr<std::vector<std::string>> names = files.List(directory);
  if (absl::IsNotFound(names.status())) return removed;
  CAIRN_RETURN_IF_ERROR(names.status());
  for (std::string& name : *names) {
    if (!IsTemporaryName(name) || !absl::StartsWith(name, name_prefix)) {
      continue;
    }
    const absl::Status status = files.Remove(JoinPath(directory, name));
    // Another process may be removing them too.
    if (absl::IsNotFound(status)) continue;
    CAIRN_RETURN_IF_ERROR(status);
    removed.push_back(std::move(name));
  }
  return removed;
}

}  // namespace cairn
