// A tensor bundle: an index and a data file from one input.
//
//   byte 0   0: the index is given as it is
//            1: as entries, of which a table is made, whose checksums are right
//            2: the checksums of the tensors are made right too
//            and the bits above them: a further data file is missing or empty
//   3 bytes  length of the index, and it; the rest is the data file
//
// An entry is a key with a length of one byte and a value with one of two.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "core/base/check.h"
#include "saving/codec/crc32c.h"
#include "saving/codec/proto/tensor_bundle.pb.h"
#include "saving/codec/stored_type.h"
#include "saving/codec/string_elements.h"
#include "saving/codec/tensor_bundle.h"
#include "saving/codec/varint.h"
#include "tests/fuzz/input_parts.h"
#include "tests/fuzz/target.h"
#include "tests/saving/codec/encoded_index.h"
#include "tests/saving/codec/memory_files.h"

namespace cairn {
namespace {

constexpr int kAsItIs = 0, kAllRight = 2;

// Makes the checksum of strings right where their lengths fit.
void CorrectStrings(std::string& bytes, proto::BundleEntryProto& entry) {
  int64_t count = 1;
  for (const auto& dim : entry.shape().dim()) {
    if (dim.size() < 0 || dim.size() > static_cast<int64_t>(bytes.size())) {
      return;
    }
    count = std::min<int64_t>(count * dim.size(), bytes.size());
  }
  absl::string_view rest = bytes;
  std::vector<uint64_t> lengths(count);
  for (uint64_t& length : lengths) {
    if (!ConsumeVarint(&rest, &length)) return;
  }
  if (rest.size() < 4) return;
  rest.remove_prefix(4);
  std::vector<absl::string_view> values;
  for (const uint64_t length : lengths) {
    if (length > rest.size()) return;
    values.push_back(rest.substr(0, length));
    rest.remove_prefix(length);
  }
  const EncodedStrings encoded = EncodeStrings(values);
  // Lengths may be written longer than need be.
  if (encoded.bytes.size() != bytes.size()) return;
  entry.set_crc32c(MaskCrc(encoded.crc));
  bytes = encoded.bytes;
}

std::string CorrectEntry(const std::string& value, std::string& data) {
  proto::BundleEntryProto entry;
  const auto size = static_cast<int64_t>(data.size());
  if (!entry.ParseFromString(value) || entry.offset() < 0 ||
      entry.offset() > size || entry.size() < 0 ||
      entry.size() > size - entry.offset()) {
    return value;
  }
  std::string bytes = data.substr(entry.offset(), entry.size());
  if (entry.dtype() == kStringTypeNumber) {
    CorrectStrings(bytes, entry);
    data.replace(entry.offset(), bytes.size(), bytes);
  } else {
    entry.set_crc32c(MaskCrc(Crc32c(absl::MakeConstSpan(
        reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()))));
  }
  return entry.SerializeAsString();
}

std::string MakeIndex(absl::string_view parts, bool correct,
                      std::string& data) {
  std::map<std::string, std::string> entries;
  for (InputParts input(parts); !input.empty();) {
    const std::string key = input.Bytes(1);
    const std::string value = input.Bytes(2);
    entries[key] = correct && !key.empty() ? CorrectEntry(value, data) : value;
  }
  return EncodedIndex(entries);
}

// Whether every value can be read.
bool ReadEverything(const BundleReader& reader, size_t data_size) {
  bool all_good = true;
  for (const BundleEntry& entry : reader.entries()) {
    CAIRN_CHECK(reader.Find(entry.key) == &entry);
    const absl::Status verified = reader.Verify(entry);
    absl::Status read;
    if (entry.is_string()) {
      read = reader.ReadStrings(entry).status();
    } else {
      const absl::StatusOr<Tensor> tensor = reader.ReadTensor(entry);
      read = tensor.status();
      if (tensor.ok()) CAIRN_CHECK(tensor->bytes().size() <= data_size);
    }
    // What can be read is verified.
    CAIRN_CHECK(verified.ok() || !read.ok());
    all_good &= verified.ok();
  }
  return all_good;
}

}  // namespace

bool ReadHostileInput(absl::string_view input) {
  InputParts parts(input);
  const uint32_t form = parts.Number(1);
  std::string index = parts.Bytes(3);
  std::string data(parts.rest());
  const int mode = static_cast<int>(form & 3);
  if (mode != kAsItIs) index = MakeIndex(index, mode >= kAllRight, data);

  MemoryFiles files;
  files.contents["x.index"] = index;
  files.contents["x.data-00000-of-00001"] = data;
  if ((form & 4) != 0) {
    files.contents["x.data-00000-of-00002"] = data;
    files.contents["x.data-00001-of-00002"] = data.substr(data.size() / 2);
  }
  const auto reader = BundleReader::Open(files, "x");
  return reader.ok() && ReadEverything(**reader, data.size() * 2);
}

}  // namespace cairn
