#include "saving/codec/string_elements.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "saving/codec/crc32c.h"
#include "saving/codec/varint.h"

namespace cairn {
namespace {

// Strings lie as
//
//   varint each    their lengths
//   4 bytes        masked checksum of the lengths
//   bytes          the strings, one behind the other
//
// The checksum runs over each length as 4 bytes, or 8 if it needs more, then
// over the stored checksum of the lengths, then over the strings.
//
// A variant lies as varint length, bytes, and the masked checksum so far. That
// runs over each length as 8 bytes, the bytes, and the stored checksum.

uint32_t Extend(uint32_t crc, absl::string_view bytes) {
  return Crc32c(
      absl::MakeConstSpan(reinterpret_cast<const std::byte*>(bytes.data()),
                          bytes.size()),
      crc);
}

// Goes on over a number as it lies in memory of that byte order.
uint32_t ExtendNumber(uint32_t crc, uint64_t number, int size,
                      bool big_endian) {
  std::string bytes;
  for (int i = 0; i < size; ++i) {
    bytes.push_back(static_cast<char>(number >> (8 * i)));
  }
  if (big_endian) std::reverse(bytes.begin(), bytes.end());
  return Extend(crc, bytes);
}

uint32_t ExtendLength(uint32_t crc, uint64_t length, bool big_endian) {
  const bool is_short = length <= std::numeric_limits<uint32_t>::max();
  return ExtendNumber(crc, length, is_short ? 4 : 8, big_endian);
}

// Takes a stored checksum off the front of `bytes`, compares it with that so
// far, and goes on over it.
absl::Status ConsumeCrc(absl::string_view what, bool big_endian,
                        absl::string_view* bytes, uint32_t* crc) {
  if (bytes->size() < 4) {
    return absl::DataLossError(
        absl::StrCat("the bytes end before the checksum of ", what));
  }
  std::string stored(bytes->substr(0, 4));
  bytes->remove_prefix(4);
  const uint32_t so_far = *crc;
  *crc = Extend(so_far, stored);
  if (big_endian) std::reverse(stored.begin(), stored.end());
  if (DecodeFixed32(stored) != MaskCrc(so_far)) {
    return absl::DataLossError(
        absl::StrCat("the checksum of ", what, " is wrong"));
  }
  return absl::OkStatus();
}

// What stands in front of elements of those sizes, with room for `bytes` behind
// it.
EncodedStrings EncodeSizes(absl::Span<const size_t> sizes, size_t bytes) {
  EncodedStrings encoded;
  // Of a size there are at most ten bytes. A text of megabytes would be given
  // half as much again.
  encoded.bytes.reserve(10 * sizes.size() + sizeof(uint32_t) + bytes);
  for (const size_t size : sizes) {
    AppendVarint(size, &encoded.bytes);
    encoded.crc = ExtendLength(encoded.crc, size, false);
  }
  std::string crc;
  AppendFixed32(MaskCrc(encoded.crc), &crc);
  encoded.bytes += crc;
  encoded.crc = Extend(encoded.crc, crc);
  return encoded;
}

void Append(absl::string_view bytes, EncodedStrings* encoded) {
  encoded->bytes.append(bytes.data(), bytes.size());
  encoded->crc = Extend(encoded->crc, bytes);
}

absl::Status CheckEnd(absl::string_view rest, uint32_t crc,
                      uint32_t masked_crc) {
  if (!rest.empty()) {
    return absl::DataLossError(
        absl::StrCat(rest.size(), " bytes are left behind the last element"));
  }
  if (MaskCrc(crc) != masked_crc) {
    return absl::DataLossError("the checksum is wrong");
  }
  return absl::OkStatus();
}

}  // namespace

EncodedStrings EncodeStrings(absl::Span<const absl::string_view> values) {
  std::vector<size_t> sizes;
  size_t bytes = 0;
  for (const absl::string_view value : values) {
    sizes.push_back(value.size());
    bytes += value.size();
  }
  EncodedStrings encoded = EncodeSizes(sizes, bytes);
  for (const absl::string_view value : values) Append(value, &encoded);
  return encoded;
}

EncodedStrings EncodeString(const absl::Cord& value) {
  EncodedStrings encoded = EncodeSizes({value.size()}, value.size());
  for (const absl::string_view piece : value.Chunks()) Append(piece, &encoded);
  return encoded;
}

absl::StatusOr<std::vector<std::string>> DecodeStrings(absl::string_view bytes,
                                                       int64_t count,
                                                       bool big_endian,
                                                       uint32_t masked_crc) {
  std::vector<std::string> values;
  // Old writers store nothing at all for no strings.
  if (count == 0 && bytes.empty()) return values;

  uint32_t crc = 0;
  std::vector<uint64_t> lengths(count);
  for (uint64_t& length : lengths) {
    if (!ConsumeVarint(&bytes, &length)) {
      return absl::DataLossError("the length of a string cannot be read");
    }
    crc = ExtendLength(crc, length, big_endian);
  }
  CAIRN_RETURN_IF_ERROR(
      ConsumeCrc("the lengths of the strings", big_endian, &bytes, &crc));
  values.reserve(count);
  for (const uint64_t length : lengths) {
    if (length > bytes.size()) {
      return absl::DataLossError(absl::StrCat("a string of ", length,
                                              " bytes, where only ",
                                              bytes.size(), " are left"));
    }
    values.emplace_back(bytes.substr(0, length));
    bytes.remove_prefix(length);
    crc = Extend(crc, values.back());
  }
  CAIRN_RETURN_IF_ERROR(CheckEnd(bytes, crc, masked_crc));
  return values;
}

absl::Status VerifyVariants(absl::string_view bytes, int64_t count,
                            bool big_endian, uint32_t masked_crc) {
  uint32_t crc = 0;
  for (int64_t i = 0; i < count; ++i) {
    uint64_t length;
    if (!ConsumeVarint(&bytes, &length) || length > bytes.size()) {
      return absl::DataLossError("the length of a variant is wrong");
    }
    crc = ExtendNumber(crc, length, 8, big_endian);
    crc = Extend(crc, bytes.substr(0, length));
    bytes.remove_prefix(length);
    CAIRN_RETURN_IF_ERROR(ConsumeCrc("a variant", big_endian, &bytes, &crc));
  }
  return CheckEnd(bytes, crc, masked_crc);
}

}  // namespace cairn
