#include "saving/codec/slice_key.h"

namespace cairn {
namespace {

// The key consists of
//
//   0                   as a number
//   name                00 becomes 00 ff, and ff becomes ff 00; then 00 01
//   rank                as a number
//   start, length       as signed numbers, for each dimension
//
// Each is written so that comparing bytes compares values.

// A byte for the count of bytes that follow, the highest first.
void AppendNumber(uint64_t value, std::string* key) {
  std::string bytes;
  for (; value != 0; value >>= 8) {
    bytes.insert(bytes.begin(), static_cast<char>(value));
  }
  key->push_back(static_cast<char>(bytes.size()));
  *key += bytes;
}

void AppendString(absl::string_view value, std::string* key) {
  for (const char c : value) {
    key->push_back(c);
    if (c == '\0') key->push_back('\xff');
    if (c == '\xff') key->push_back('\0');
  }
  key->append("\0\1", 2);
}

// n bytes, the highest first, for values below 2^(7n-1). The n highest bits are
// inverted: they are a one per byte for values from zero on.
void AppendSigned(int64_t value, std::string* key) {
  const uint64_t magnitude = value < 0 ? ~value : value;
  int count = 1;
  while (count < 10 && magnitude >> (7 * count - 1) != 0) ++count;
  const uint32_t header = (0xffff0000u >> count) & 0xffff;
  for (int i = 0; i < count; ++i) {
    const int place = count - 1 - i;
    // The ninth and tenth byte hold nothing but the sign.
    const int64_t shifted = place < 8 ? value >> (8 * place) : value >> 63;
    auto byte = static_cast<uint8_t>(shifted);
    if (i == 0) byte ^= header >> 8;
    if (i == 1) byte ^= header & 0xff;
    key->push_back(static_cast<char>(byte));
  }
}

}  // namespace

std::string SliceKey(absl::string_view name,
                     absl::Span<const SliceExtent> extents) {
  std::string key;
  AppendNumber(0, &key);
  AppendString(name, &key);
  AppendNumber(extents.size(), &key);
  for (const SliceExtent& extent : extents) {
    AppendSigned(extent.start, &key);
    AppendSigned(extent.length, &key);
  }
  return key;
}

}  // namespace cairn
