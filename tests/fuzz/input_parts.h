#ifndef CAIRN_TESTS_FUZZ_INPUT_PARTS_H_
#define CAIRN_TESTS_FUZZ_INPUT_PARTS_H_

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace cairn {

// Takes parts off the front of an input. What is not there is zero or empty, so
// that any bytes are a sequence of parts.
class InputParts {
 public:
  explicit InputParts(absl::string_view input) : rest_(input) {}

  bool empty() const { return rest_.empty(); }
  absl::string_view rest() const { return rest_; }

  // A number of `size` bytes, the lowest first.
  uint32_t Number(int size) {
    uint32_t number = 0;
    for (int i = 0; i < size && !rest_.empty(); ++i) {
      number |= uint32_t{static_cast<uint8_t>(rest_[0])} << (8 * i);
      rest_.remove_prefix(1);
    }
    return number;
  }

  // As many bytes as a number of `size` bytes before them says.
  std::string Bytes(int size) {
    const uint32_t wanted = Number(size);
    const size_t length = std::min<size_t>(wanted, rest_.size());
    const std::string bytes(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return bytes;
  }

 private:
  absl::string_view rest_;
};

// What Bytes(size) takes off. REQUIRES: the length fits.
inline std::string InputPart(absl::string_view bytes, int size) {
  std::string part;
  for (int i = 0; i < size; ++i) {
    part.push_back(static_cast<char>(bytes.size() >> (8 * i)));
  }
  return part.append(bytes.data(), bytes.size());
}

}  // namespace cairn

#endif  // CAIRN_TESTS_FUZZ_INPUT_PARTS_H_
