#include "saving/codec/packed_text.h"

#include <zlib.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"

namespace cairn {
namespace {

constexpr size_t kLeastToPack = 64 * 1024;
// So that what a small file makes of its bytes stays small beside a program,
// also as a tree of values.
constexpr size_t kLargest = 1024 * 1024;
constexpr absl::string_view kGzipMagic = "\x1f\x8b";
// Asks zlib for a gzip header, and the checksum and size behind.
constexpr int kGzipWindowBits = 15 + 16;

// zlib reads through pointers to bytes that are not const.
Bytef* InputOf(absl::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("the gzip text ", what));
}

}  // namespace

std::string PackText(absl::string_view text) {
  if (text.size() < kLeastToPack || text.size() > kLargest) {
    return std::string(text);
  }
  z_stream stream = {};
  CAIRN_CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
                           kGzipWindowBits, /*memLevel=*/8,
                           Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = InputOf(text);
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  CAIRN_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

absl::StatusOr<std::string> UnpackText(absl::string_view packed) {
  if (!absl::StartsWith(packed, kGzipMagic)) return std::string(packed);
  const absl::Status too_large = Damaged("holds more than 1 MiB");
  // No packer makes twice as much of it.
  if (packed.size() > 2 * kLargest) return too_large;
  z_stream stream = {};
  CAIRN_CHECK(inflateInit2(&stream, kGzipWindowBits) == Z_OK);
  stream.next_in = InputOf(packed);
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string text;
  int result = Z_OK;
  while (result == Z_OK && text.size() <= kLargest) {
    // Grows with what came, whatever the file says of its size. The one byte
    // that is too many shows that there is more.
    text.resize(
        std::min(kLargest + 1, std::max(kLeastToPack, 2 * text.size())));
    stream.next_out = reinterpret_cast<Bytef*>(text.data() + stream.total_out);
    stream.avail_out = static_cast<uInt>(text.size() - stream.total_out);
    result = inflate(&stream, Z_NO_FLUSH);
  }
  text.resize(stream.total_out);
  const bool has_rest = stream.avail_in > 0;
  inflateEnd(&stream);
  if (text.size() > kLargest) return too_large;
  if (result != Z_STREAM_END) return Damaged("is damaged or cut off");
  if (has_rest) return Damaged("has bytes behind its end");
  return text;
}

}  // namespace cairn
