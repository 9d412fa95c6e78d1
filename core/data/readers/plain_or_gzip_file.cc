#include "core/data/readers/plain_or_gzip_file.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"

namespace cairn {
namespace {

constexpr size_t kBufferBytes = 64 * 1024;
// Asks zlib for a gzip header and the checks of its trailer.
constexpr int kGzipWindowBits = 15 + 16;

bool StartsAsGzip(absl::Span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} &&
         bytes[1] == std::byte{0x8b};
}

absl::Status SystemError(const std::string& path, const char* action) {
  return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot ", action));
}

}  // namespace

void PlainOrGzipFile::EndInflate::operator()(z_stream_s* stream) const {
  inflateEnd(stream);
  delete stream;
}

absl::StatusOr<PlainOrGzipFile> PlainOrGzipFile::Open(const std::string& path) {
  PlainOrGzipFile result;
  result.path_ = path;
  result.file_.reset(std::fopen(path.c_str(), "rbe"));
  if (result.file_ == nullptr) return SystemError(path, "open the file");
  result.buffer_.resize(kBufferBytes);
  CAIRN_RETURN_IF_ERROR(result.FillBuffer());
  if (StartsAsGzip(absl::MakeConstSpan(result.buffer_.data(), result.end_))) {
    auto stream = std::make_unique<z_stream>();
    CAIRN_CHECK(inflateInit2(stream.get(), kGzipWindowBits) == Z_OK);
    result.stream_.reset(stream.release());
  }
  return result;
}

absl::StatusOr<size_t> PlainOrGzipFile::Read(
    absl::Span<std::byte> destination) {
  size_t written = 0;
  while (written < destination.size()) {
    const absl::Span<std::byte> rest = destination.subspan(written);
    size_t count = 0;
    if (stream_ != nullptr) {
      CAIRN_ASSIGN_OR_RETURN(count, Inflate(rest));
    } else {
      if (begin_ == end_) CAIRN_RETURN_IF_ERROR(FillBuffer());
      count = std::min(rest.size(), end_ - begin_);
      std::copy_n(buffer_.data() + begin_, count, rest.data());
      begin_ += count;
    }
    if (count == 0) break;
    written += count;
    position_ += static_cast<int64_t>(count);
  }
  return written;
}

absl::Status PlainOrGzipFile::FillBuffer() {
  std::copy(buffer_.begin() + begin_, buffer_.begin() + end_, buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
  const size_t count =
      std::fread(buffer_.data() + end_, 1, buffer_.size() - end_, file_.get());
  end_ += count;
  file_position_ += static_cast<int64_t>(count);
  if (std::ferror(file_.get())) return SystemError(path_, "read the file");
  return absl::OkStatus();
}

absl::StatusOr<size_t> PlainOrGzipFile::Inflate(
    absl::Span<std::byte> destination) {
  while (!at_end_) {
    if (begin_ == end_) CAIRN_RETURN_IF_ERROR(FillBuffer());
    if (begin_ == end_) return Damaged("the gzip data is cut off");
    constexpr size_t kMost = size_t{1} << 30;  // zlib counts in 32 bits.
    const size_t room = std::min(destination.size(), kMost);
    stream_->next_in = reinterpret_cast<Bytef*>(buffer_.data() + begin_);
    stream_->avail_in = static_cast<uInt>(end_ - begin_);
    stream_->next_out = reinterpret_cast<Bytef*>(destination.data());
    stream_->avail_out = static_cast<uInt>(room);
    const int result = inflate(stream_.get(), Z_NO_FLUSH);
    begin_ = end_ - stream_->avail_in;
    if (result == Z_MEM_ERROR) {
      return absl::ResourceExhaustedError(
          absl::StrCat(path_, ": no memory to inflate gzip data"));
    }
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      return Damaged("the gzip data is damaged");
    }
    if (result == Z_STREAM_END) CAIRN_RETURN_IF_ERROR(EndMember());
    const size_t written = room - stream_->avail_out;
    if (written > 0) return written;
  }
  return 0;
}

absl::Status PlainOrGzipFile::EndMember() {
  if (end_ - begin_ < 2) CAIRN_RETURN_IF_ERROR(FillBuffer());
  const auto rest = absl::MakeConstSpan(buffer_.data() + begin_, end_ - begin_);
  if (rest.empty()) {
    at_end_ = true;
    return absl::OkStatus();
  }
  if (!StartsAsGzip(rest)) {
    return Damaged("something other than gzip data follows the gzip data");
  }
  CAIRN_CHECK(inflateReset(stream_.get()) == Z_OK);
  return absl::OkStatus();
}

absl::Status PlainOrGzipFile::Damaged(const char* what) const {
  const int64_t offset = file_position_ - static_cast<int64_t>(end_ - begin_);
  return absl::DataLossError(
      absl::StrCat(path_, ": at byte ", offset, " of the file: ", what));
}

}  // namespace cairn
