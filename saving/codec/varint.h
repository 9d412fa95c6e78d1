#ifndef CAIRN_SAVING_CODEC_VARINT_H_
#define CAIRN_SAVING_CODEC_VARINT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace cairn {

// A number in seven bits per byte, the lowest first; the top bit of a byte says
// that another follows.
void AppendVarint(uint64_t value, std::string* bytes);

// Takes a number off the front of `bytes`. False, and `bytes` is then anything,
// if none of at most 64 bits is there.
bool ConsumeVarint(absl::string_view* bytes, uint64_t* value);

// Four bytes, the lowest first. REQUIRES: there are four.
void AppendFixed32(uint32_t value, std::string* bytes);
uint32_t DecodeFixed32(absl::string_view bytes);

}  // namespace cairn

#endif  // CAIRN_SAVING_CODEC_VARINT_H_
