#ifndef CAIRN_SAVING_CODEC_PACKED_TEXT_H_
#define CAIRN_SAVING_CODEC_PACKED_TEXT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn {

// A text as it is, or, from 64 KiB to 1 MiB, as a gzip file of it (RFC 1952)
// without name and time. A text that begins as such a file does, with the bytes
// 1f 8b, cannot be told from one. The same text gives the same bytes.
std::string PackText(absl::string_view text);

// The text. DataLoss: a gzip file that is damaged, has anything behind it, or
// holds more than 1 MiB, so that a small file cannot make a huge text.
absl::StatusOr<std::string> UnpackText(absl::string_view packed);

}  // namespace cairn

#endif  // CAIRN_SAVING_CODEC_PACKED_TEXT_H_
