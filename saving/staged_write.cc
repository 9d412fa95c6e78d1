#include "saving/staged_write.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/annotate.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"
#include "saving/codec/crc32c.h"
#include "saving/spare_files.h"

namespace cairn {
// A file that is written no faster than it may be, and of which it is known
// what was written.
class StagedWrite::PacedFile : public WritableFile {
 public:
  // `pace` may be null.
  PacedFile(std::unique_ptr<WritableFile> file, WritePace* pace, bool counts)
      : file_(std::move(file)), pace_(pace), counts_(counts) {}

  absl::Status Append(absl::Span<const std::byte> bytes) override {
    if (counts_) {
      crc_ = Crc32c(bytes, crc_);
      size_ += static_cast<int64_t>(bytes.size());
    }
    if (pace_ == nullptr) return file_->Append(bytes);
    while (!bytes.empty()) {
      const auto piece = bytes.subspan(0, static_cast<size_t>(pace_->piece()));
      CAIRN_RETURN_IF_ERROR(file_->Append(piece));
      // Else all of it would go to the device at once, at the end.
      file_->BeginSync();
      pace_->Wrote(static_cast<int64_t>(piece.size()));
      bytes.remove_prefix(piece.size());
    }
    return absl::OkStatus();
  }

  absl::Status AppendAll(
      absl::Span<const absl::Span<const std::byte>> parts) override {
    const bool passes_on = pace_ == nullptr && !counts_;
    return passes_on ? file_->AppendAll(parts) : WritableFile::AppendAll(parts);
  }

  void BypassCache() override { file_->BypassCache(); }
  absl::Status Sync() override { return file_->Sync(); }
  absl::Status Close() override { return file_->Close(); }
  absl::Status Reserve(int64_t bytes) override { return file_->Reserve(bytes); }

  WritableFile* file() { return file_.get(); }
  int64_t size() const { return size_; }
  uint32_t crc() const { return crc_; }

 private:
  const std::unique_ptr<WritableFile> file_;
  WritePace* const pace_;
  const bool counts_;
  int64_t size_ = 0;
  uint32_t crc_ = 0;
};

StagedWrite::StagedWrite(const SaveOptions& options)
    : options_(options), files_(*options.files) {
  if (options.bytes_per_second > 0) pace_.emplace(options.bytes_per_second);
}

StagedWrite::~StagedWrite() { RemoveTemporaries(); }

absl::StatusOr<WritableFile*> StagedWrite::Create(const std::string& path,
                                                  const std::string& mode_of) {
  for (const StagedFile& staged : staged_) {
    CAIRN_CHECK(path != staged.path);
    CAIRN_CHECK(DirectoryOf(path) == DirectoryOf(staged.path));
  }
  StagedFile staged;
  staged.path = path;
  staged.temporary = TemporaryName::Take(files_, path);
  const std::string temporary_path = staged.temporary.path();
  std::unique_ptr<WritableFile> file;
  if (options_.spares != nullptr) {
    file = options_.spares->Take(files_, temporary_path);
  }
  if (file == nullptr) {
    CAIRN_ASSIGN_OR_RETURN(file, files_.NewWritableFile(temporary_path));
  }
  staged.file = std::make_unique<PacedFile>(
      std::move(file), pace_.has_value() ? &*pace_ : nullptr,
      options_.read_back);
  staged_.push_back(std::move(staged));
  // Before anything is in it.
  CAIRN_RETURN_IF_ERROR(files_.CopyMode(mode_of, temporary_path));
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
  StagedFile& last = staged_.back();
  CAIRN_RETURN_IF_ERROR(
      Annotate(SyncFolder(), absl::StrCat("\"", last.path,
                                          "\": it is in place but may not "
                                          "outlive a power cut")));
  // From here on no power cut brings back the old one's name.
  if (std::exchange(last.has_old, false)) {
    options_.spares->Keep(files_, std::move(last.temporary));
  }
  return absl::OkStatus();
}

absl::Status StagedWrite::SyncAndCloseAll() {
  if (options_.syncs()) {
    std::vector<WritableFile*> files;
    for (const StagedFile& staged : staged_) {
      files.push_back(staged.file->file());
    }
    CAIRN_RETURN_IF_ERROR(files_.SyncFiles(files));
  }
  for (StagedFile& staged : staged_) {
    CAIRN_RETURN_IF_ERROR(staged.file->Close());
    staged.size = staged.file->size();
    staged.crc = staged.file->crc();
    staged.file = nullptr;
  }
  if (!options_.read_back) return absl::OkStatus();
  for (const StagedFile& staged : staged_) {
    CAIRN_RETURN_IF_ERROR(ReadBack(staged));
  }
  return absl::OkStatus();
}

absl::Status StagedWrite::ReadBack(const StagedFile& staged) const {
  constexpr int64_t kPiece = int64_t{1} << 20;
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<RandomAccessFile> file,
                         files_.NewRandomAccessFile(staged.temporary.path()));
  file->DropCache();
  uint32_t crc = 0;
  if (file->size() == staged.size) {
    std::vector<std::byte> bytes(
        static_cast<size_t>(std::min(kPiece, staged.size)));
    for (int64_t at = 0; at < staged.size; at += kPiece) {
      const absl::Span<std::byte> piece = absl::MakeSpan(bytes).subspan(
          0, static_cast<size_t>(std::min(kPiece, staged.size - at)));
      CAIRN_RETURN_IF_ERROR(file->Read(at, piece));
      crc = Crc32c(piece, crc);
    }
    if (crc == staged.crc) return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat(
      "\"", staged.path,
      "\": what was read back is not what was written; the disk, the file "
      "system or the memory damages data. Nothing was replaced"));
}

absl::Status StagedWrite::MoveAllIntoPlace(Replaces replaces) {
  CAIRN_RETURN_IF_ERROR(SyncAndCloseAll());
  for (size_t i = 0; i + 1 < staged_.size(); ++i) {
    CAIRN_RETURN_IF_ERROR(MoveIntoPlace(staged_[i]));
  }
  if (staged_.size() > 1 && replaces == Replaces::kSomething) {
    CAIRN_RETURN_IF_ERROR(SyncFolder());
  }
  return replaces == Replaces::kSomething ? Replace(staged_.back())
                                          : MoveIntoPlace(staged_.back());
}

absl::Status StagedWrite::Replace(StagedFile& staged) {
  // Without a sync a power cut could bring back the old one's name when the
  // next is being written into it.
  if (options_.spares == nullptr || !options_.syncs()) {
    return MoveIntoPlace(staged);
  }
  const absl::Status status =
      files_.Exchange(staged.temporary.path(), staged.path);
  // Else it may have been done all the same, and a rename would undo it.
  if (absl::IsNotFound(status) || absl::IsUnimplemented(status)) {
    return MoveIntoPlace(staged);
  }
  staged.in_place = staged.has_old = status.ok();
  return status;
}

absl::Status StagedWrite::MoveIntoPlace(StagedFile& staged) {
  CAIRN_RETURN_IF_ERROR(files_.Rename(staged.temporary.path(), staged.path));
  staged.in_place = true;
  return absl::OkStatus();
}

absl::Status StagedWrite::SyncFolder() {
  if (!options_.syncs()) return absl::OkStatus();
  return files_.SyncDirectory(DirectoryOf(staged_.front().path));
}

void StagedWrite::RemoveTemporaries() {
  for (StagedFile& staged : staged_) {
    if (staged.in_place && !staged.has_old) continue;
    staged.file = nullptr;
    // What cannot be removed now, RemoveLeftovers() finds later. The error that
    // led here says more.
    files_.Remove(staged.temporary.path()).IgnoreError();
  }
  staged_.clear();
}

}  // namespace cairn
