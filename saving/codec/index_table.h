#ifndef CAIRN_SAVING_CODEC_INDEX_TABLE_H_
#define CAIRN_SAVING_CODEC_INDEX_TABLE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace cairn {

// The file of a sorted map from strings to strings: leveldb's table, in blocks
// as large as TensorFlow's. The same entries give the same bytes, and the same
// as TensorFlow writes, unless keys and values have 64 KiB or more: blocks of
// such a table are compressed with Snappy where it makes them an eighth
// smaller. REQUIRES: entries are sorted by key, and no key is twice there.
std::string EncodeIndexTable(
    absl::Span<const std::pair<absl::string_view, absl::string_view>> entries);

// The entries of such a file, sorted and each key once. Compressed blocks are
// read too. DataLoss unless every byte of the file is accounted for: blocks,
// filling the file without a gap, agree with their checksums, and the footer is
// the only one that can stand for its values. So one wrong bit is always found.
// Allocates no more than a small multiple of the file's size.
absl::StatusOr<std::vector<std::pair<std::string, std::string>>>
DecodeIndexTable(absl::string_view file);

}  // namespace cairn

#endif  // CAIRN_SAVING_CODEC_INDEX_TABLE_H_
