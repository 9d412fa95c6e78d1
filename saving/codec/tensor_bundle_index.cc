#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/annotate.h"
#include "core/base/status_macros.h"
#include "google/protobuf/stubs/logging.h"
#include "saving/codec/index_table.h"
#include "saving/codec/proto/tensor_bundle.pb.h"
#include "saving/codec/slice_key.h"
#include "saving/codec/stored_type.h"
#include "saving/codec/tensor_bundle.h"

namespace cairn {
namespace {

constexpr int64_t kLargestIndex = int64_t{1} << 30;
// What a data file's name has room for.
constexpr int kMostShards = 99999;
constexpr int kHighestRank = 254;
constexpr int kOurVersion = 1;

using Table = std::vector<std::pair<std::string, std::string>>;

bool IsSliceKey(absl::string_view key) { return key[0] == '\0'; }

absl::StatusOr<Table> ReadIndex(FileSystem& files, const std::string& prefix) {
  const std::string path = BundleIndexPath(prefix);
  auto file = files.NewRandomAccessFile(path);
  if (absl::IsNotFound(file.status())) {
    return absl::NotFoundError(absl::StrCat("there is no checkpoint \"", prefix,
                                            "\": its index ", path,
                                            " does not exist"));
  }
  CAIRN_RETURN_IF_ERROR(file.status());
  const int64_t size = (*file)->size();
  if (size > kLargestIndex) {
    return absl::UnimplementedError(absl::StrCat(
        "it has ", size, " bytes; an index of more than 1 GiB is not read"));
  }
  std::string bytes(size, '\0');
  CAIRN_RETURN_IF_ERROR((*file)->Read(
      0, absl::MakeSpan(reinterpret_cast<std::byte*>(bytes.data()),
                        bytes.size())));
  return DecodeIndexTable(bytes);
}

absl::Status ParseHeader(const Table& table, int* shard_count,
                         bool* big_endian) {
  proto::BundleHeaderProto header;
  if (table.empty() || !table[0].first.empty() ||
      !header.ParseFromString(table[0].second)) {
    return absl::DataLossError("it has no header");
  }
  const proto::VersionDef& version = header.version();
  const auto& bad = version.bad_consumers();
  if (version.producer() < 0 || version.min_consumer() > kOurVersion ||
      std::find(bad.begin(), bad.end(), kOurVersion) != bad.end()) {
    return absl::UnimplementedError(
        absl::StrCat("it is for readers of version ", version.min_consumer(),
                     " on; this one reads version ", kOurVersion));
  }
  if (header.num_shards() < 1 || header.num_shards() > kMostShards) {
    return absl::DataLossError(
        absl::StrCat("it counts ", header.num_shards(), " data files"));
  }
  if (header.endianness() != proto::BundleHeaderProto::LITTLE &&
      header.endianness() != proto::BundleHeaderProto::BIG) {
    return absl::DataLossError(
        absl::StrCat("it has the unknown byte order ", header.endianness()));
  }
  *shard_count = header.num_shards();
  *big_endian = header.endianness() == proto::BundleHeaderProto::BIG;
  return absl::OkStatus();
}

// The shape, if its elements can be counted, and the count.
absl::Status ParseShape(const proto::TensorShapeProto& shape,
                        BundleEntry* entry, int64_t* count) {
  if (shape.unknown_rank() || shape.dim_size() > kHighestRank) {
    return absl::DataLossError("its rank is not known or too high");
  }
  *count = 1;
  for (const proto::TensorShapeProto::Dim& dim : shape.dim()) {
    entry->shape.push_back(dim.size());
    if (dim.size() < 0 || __builtin_mul_overflow(*count, dim.size(), count)) {
      return absl::DataLossError(
          absl::StrCat("it has the shape ", ShapeToString(entry->shape)));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSize(const BundleEntry& entry, int64_t count) {
  const StoredType* type = FindStoredType(entry.dtype_number);
  if (type != nullptr && type->size > 0) {
    int64_t wanted;
    if (__builtin_mul_overflow(count, type->size, &wanted) ||
        entry.size != wanted) {
      return absl::DataLossError(absl::StrCat(
          "it is ", entry.dtype_name, " ", ShapeToString(entry.shape),
          " and has ", entry.size, " bytes"));
    }
  } else if (count > entry.size) {
    // No element takes less than a byte.
    return absl::DataLossError(
        absl::StrCat("it has ", count, " elements in ", entry.size, " bytes"));
  }
  return absl::OkStatus();
}

absl::StatusOr<BundleEntry> ParseEntry(const std::string& key,
                                       const proto::BundleEntryProto& stored,
                                       int shard_count) {
  BundleEntry entry;
  entry.key = key;
  entry.dtype_number = stored.dtype();
  const StoredType* type = FindStoredType(stored.dtype());
  entry.dtype_name = type != nullptr ? std::string(type->name)
                                     : absl::StrCat("type ", stored.dtype());
  if (stored.dtype() <= 0) {
    return absl::DataLossError(absl::StrCat("it has ", entry.dtype_name));
  }
  int64_t count;
  CAIRN_RETURN_IF_ERROR(ParseShape(stored.shape(), &entry, &count));
  entry.is_sliced = stored.slices_size() > 0;
  // What else the record of a sliced tensor says means nothing.
  if (entry.is_sliced) return entry;

  entry.shard = stored.shard_id();
  entry.offset = stored.offset();
  entry.size = stored.size();
  entry.masked_crc = stored.crc32c();
  if (entry.shard < 0 || entry.shard >= shard_count) {
    return absl::DataLossError(absl::StrCat("it lies in data file ",
                                            entry.shard, " of ", shard_count));
  }
  if (entry.offset < 0 || entry.size < 0) {
    return absl::DataLossError(
        absl::StrCat("it has ", entry.size, " bytes at ", entry.offset));
  }
  CAIRN_RETURN_IF_ERROR(CheckSize(entry, count));
  return entry;
}

// What `slice` takes of a tensor of shape `whole`: where it begins, its shape,
// and the key it lies under. False if it is not inside.
bool ParseSlice(const proto::TensorSliceProto& slice, const BundleEntry& whole,
                Shape* start, Shape* shape, std::string* key) {
  if (slice.extent_size() != static_cast<int>(whole.shape.size())) return false;
  std::vector<SliceExtent> extents;
  for (int i = 0; i < slice.extent_size(); ++i) {
    const proto::TensorSliceProto::Extent& extent = slice.extent(i);
    const bool is_whole = extent.has_length_case() ==
                          proto::TensorSliceProto::Extent::HAS_LENGTH_NOT_SET;
    const int64_t length = is_whole ? whole.shape[i] : extent.length();
    if (extent.start() < 0 || extent.start() > whole.shape[i] || length < 0 ||
        length > whole.shape[i] - extent.start()) {
      return false;
    }
    start->push_back(extent.start());
    shape->push_back(length);
    extents.push_back({extent.start(), is_whole ? -1 : length});
  }
  *key = SliceKey(whole.key, extents);
  return true;
}

const std::string* FindValue(const Table& table, const std::string& key) {
  const auto found = std::lower_bound(
      table.begin(), table.end(), key,
      [](const auto& item, const std::string& k) { return item.first < k; });
  return found != table.end() && found->first == key ? &found->second : nullptr;
}

}  // namespace

absl::Status BundleReader::ReadEntries(FileSystem& files) {
  // The library would print what is returned.
  const google::protobuf::LogSilencer silencer;
  CAIRN_ASSIGN_OR_RETURN(const Table table, ReadIndex(files, prefix_));
  CAIRN_RETURN_IF_ERROR(ParseHeader(table, &shard_count_, &big_endian_));
  for (size_t i = 1; i < table.size(); ++i) {
    const auto& [key, value] = table[i];
    if (IsSliceKey(key)) continue;
    CAIRN_RETURN_IF_ERROR(
        Annotate(AddEntry(table, key, value),
                 absl::StrCat("\"", absl::Utf8SafeCEscape(key), "\"")));
  }
  return absl::OkStatus();
}

absl::Status BundleReader::AddEntry(
    const std::vector<std::pair<std::string, std::string>>& table,
    const std::string& key, const std::string& value) {
  proto::BundleEntryProto stored;
  if (!stored.ParseFromString(value)) {
    return absl::DataLossError("its record cannot be read");
  }
  CAIRN_ASSIGN_OR_RETURN(BundleEntry entry,
                         ParseEntry(key, stored, shard_count_));
  std::vector<Slice> slices;
  for (const proto::TensorSliceProto& slice : stored.slices()) {
    Shape start, shape;
    std::string slice_key;
    proto::BundleEntryProto slice_stored;
    if (!ParseSlice(slice, entry, &start, &shape, &slice_key)) {
      return absl::DataLossError("one of its slices is not inside of it");
    }
    const std::string* slice_value = FindValue(table, slice_key);
    if (slice_value == nullptr || !slice_stored.ParseFromString(*slice_value)) {
      return absl::DataLossError("one of its slices has no record");
    }
    CAIRN_ASSIGN_OR_RETURN(BundleEntry slice_entry,
                           ParseEntry(key, slice_stored, shard_count_));
    if (slice_entry.is_sliced || slice_entry.shape != shape ||
        slice_entry.dtype_number != entry.dtype_number) {
      return absl::DataLossError("one of its slices has a wrong record");
    }
    if (__builtin_add_overflow(entry.size, slice_entry.size, &entry.size)) {
      return absl::DataLossError("its slices have too many bytes");
    }
    slices.push_back({std::move(start), std::move(slice_entry)});
  }
  if (entry.is_sliced) {
    CAIRN_RETURN_IF_ERROR(CheckSize(entry, ElementCount(entry.shape)));
    slices_.emplace(key, std::move(slices));
  }
  entries_.push_back(std::move(entry));
  return absl::OkStatus();
}

}  // namespace cairn
