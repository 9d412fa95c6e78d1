#ifndef CAIRN_TESTS_SAVING_CODEC_ENCODED_INDEX_H_
#define CAIRN_TESTS_SAVING_CODEC_ENCODED_INDEX_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "saving/codec/index_table.h"

namespace cairn {

inline std::string EncodedIndex(
    const std::map<std::string, std::string>& entries) {
  return EncodeIndexTable(
      std::vector<std::pair<absl::string_view, absl::string_view>>(
          entries.begin(), entries.end()));
}

}  // namespace cairn

#endif  // CAIRN_TESTS_SAVING_CODEC_ENCODED_INDEX_H_
