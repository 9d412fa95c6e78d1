#ifndef CAIRN_SAVING_CODEC_STRING_ELEMENTS_H_
#define CAIRN_SAVING_CODEC_STRING_ELEMENTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace cairn {

// The bytes of a tensor of strings in a bundle's data file, and their checksum,
// which is not simply that of the bytes.
struct EncodedStrings {
  std::string bytes;
  uint32_t crc = 0;
};
EncodedStrings EncodeStrings(absl::Span<const absl::string_view> values);
// The same of one that lies in pieces.
EncodedStrings EncodeString(const absl::Cord& value);

// The `count` strings in `bytes`. DataLoss if they do not fill it exactly, or
// do not agree with `masked_crc`. REQUIRES: count <= bytes.size().
absl::StatusOr<std::vector<std::string>> DecodeStrings(absl::string_view bytes,
                                                       int64_t count,
                                                       bool big_endian,
                                                       uint32_t masked_crc);

// Tests the checksums of `count` variants, which are protos of their own kind.
absl::Status VerifyVariants(absl::string_view bytes, int64_t count,
                            bool big_endian, uint32_t masked_crc);

}  // namespace cairn

#endif  // CAIRN_SAVING_CODEC_STRING_ELEMENTS_H_
