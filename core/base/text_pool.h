#ifndef CAIRN_CORE_BASE_TEXT_POOL_H_
#define CAIRN_CORE_BASE_TEXT_POOL_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"

namespace cairn {

// Thousands of short texts one behind another, which are given up together.
// What is added is good as long as the pool is, or the one it is moved to; of
// one that was moved from there is no more use.
class TextPool {
 public:
  // Room for a text, to be filled by the caller.
  char* Take(size_t size) {
    if (size > left_) {
      left_ = std::max(size, kChunk);
      chunks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
      next_ = chunks_.back().get();
    }
    char* const taken = next_;
    next_ += size;
    left_ -= size;
    return taken;
  }

  // A copy of `text`.
  absl::string_view Add(absl::string_view text) {
    if (text.empty()) return {};
    char* const copy = Take(text.size());
    std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
  }

 private:
  // Little is lost at the end of a pool, other than where each piece is half as
  // large again as the one before (std::pmr::monotonic_buffer_resource).
  static constexpr size_t kChunk = size_t{16} << 10;

  std::vector<std::unique_ptr<char[]>> chunks_;
  char* next_ = nullptr;
  size_t left_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_CORE_BASE_TEXT_POOL_H_
