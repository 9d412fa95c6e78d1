#ifndef CAIRN_SAVING_CODEC_SLICE_KEY_H_
#define CAIRN_SAVING_CODEC_SLICE_KEY_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace cairn {

// What a slice takes of one dimension.
struct SliceExtent {
  int64_t start = 0;
  int64_t length = -1;  // -1: all of it.
};

// The key under which a bundle keeps a slice of the tensor `name`. It begins
// with a zero byte, and keys sort by name, rank and extents.
std::string SliceKey(absl::string_view name,
                     absl::Span<const SliceExtent> extents);

}  // namespace cairn

#endif  // CAIRN_SAVING_CODEC_SLICE_KEY_H_
