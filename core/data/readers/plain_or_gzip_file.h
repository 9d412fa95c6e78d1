#ifndef CAIRN_CORE_DATA_READERS_PLAIN_OR_GZIP_FILE_H_
#define CAIRN_CORE_DATA_READERS_PLAIN_OR_GZIP_FILE_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

struct z_stream_s;

namespace cairn {

// Reads the content of a file from front to back. A file that starts as gzip
// does, whatever its name, is inflated on the way.
class PlainOrGzipFile {
 public:
  // NotFound if there is no such file. Errors name the path.
  static absl::StatusOr<PlainOrGzipFile> Open(const std::string& path);

  // Fills `destination`, or as much of it as there is content left, and returns
  // how many bytes that was. DataLoss if the gzip data is damaged or cut.
  absl::StatusOr<size_t> Read(absl::Span<std::byte> destination);

  // The place in the content, in bytes, at which the next Read() begins.
  int64_t position() const { return position_; }
  const std::string& path() const { return path_; }

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  struct EndInflate {
    void operator()(z_stream_s* stream) const;
  };

  PlainOrGzipFile() = default;

  // Reads more of the file into `buffer_` after what is left of it.
  absl::Status FillBuffer();
  absl::StatusOr<size_t> Inflate(absl::Span<std::byte> destination);
  // Goes from the end of one gzip member to the next or to the end.
  absl::Status EndMember();
  // DataLoss at a byte of the file as it is on disk.
  absl::Status Damaged(const char* what) const;

  std::string path_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::unique_ptr<z_stream_s, EndInflate> stream_;  // Null for a plain file.
  // The part of the file that is being read: [begin_, end_) is not yet used.
  std::vector<std::byte> buffer_;
  size_t begin_ = 0, end_ = 0;
  int64_t file_position_ = 0;  // Of buffer_[end_].
  bool at_end_ = false;        // Of the gzip data.
  int64_t position_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_READERS_PLAIN_OR_GZIP_FILE_H_
