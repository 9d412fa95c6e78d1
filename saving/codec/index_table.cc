#include "saving/codec/index_table.h"

#include <algorithm>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"
#include "leveldb/env.h"
#include "leveldb/options.h"
#include "leveldb/table_builder.h"
#include "saving/codec/crc32c.h"
#include "saving/codec/varint.h"
#include "snappy.h"

namespace cairn {
namespace {

// The file is
//
//   block, trailer      data: the entries, in blocks of about 256 KiB
//   ...
//   block, trailer      metaindex: names of further blocks; empty as we write
//   block, trailer      index: one entry per data block, its place as value
//   footer              48 bytes: places of metaindex and index, zeros, magic
//
// A place is two varints, offset and size without the trailer. A trailer is a
// byte for the compression and a masked checksum of block and byte. A block is
//
//   entries     varints shared, rest and length of the value; key from
//               `shared` bytes on; value
//   restarts    4 bytes each: places of entries with shared = 0
//   4 bytes     number of restarts
constexpr size_t kFooterSize = 48;
constexpr size_t kTrailerSize = 5;
constexpr size_t kPlacesSize = 40;
constexpr absl::string_view kMagic("\x57\xfb\x80\x8b\x24\x75\x47\xdb", 8);
// No Snappy element makes more of a byte: 64 bytes from 3.
constexpr uint64_t kMostFromOneByte = 22;
// A key is written out every 16 entries, so keys take at most 16 times the
// bytes of their blocks. Others may write them out less often.
constexpr uint64_t kMostKeyBytesFromOne = 64;
// Of keys and values. A smaller table is left as TensorFlow writes it, which
// its builds without Snappy read too, as those for telephones are.
constexpr size_t kLeastToCompress = 64 * 1024;

class StringSink : public leveldb::WritableFile {
 public:
  leveldb::Status Append(const leveldb::Slice& data) override {
    bytes.append(data.data(), data.size());
    return leveldb::Status::OK();
  }
  leveldb::Status Close() override { return leveldb::Status::OK(); }
  leveldb::Status Flush() override { return leveldb::Status::OK(); }
  leveldb::Status Sync() override { return leveldb::Status::OK(); }

  std::string bytes;
};

struct Place {
  uint64_t offset = 0;
  uint64_t size = 0;
};

bool ConsumePlace(absl::string_view* bytes, Place* place) {
  return ConsumeVarint(bytes, &place->offset) &&
         ConsumeVarint(bytes, &place->size);
}

void AppendPlace(const Place& place, std::string* bytes) {
  AppendVarint(place.offset, bytes);
  AppendVarint(place.size, bytes);
}

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("the table is damaged: ", what));
}

using Entries = std::vector<std::pair<std::string, std::string>>;

absl::StatusOr<Place> DecodePlace(absl::string_view bytes) {
  Place place;
  if (!ConsumePlace(&bytes, &place)) {
    return Damaged("the place of a block cannot be read");
  }
  return place;
}

// leveldb's own reader is not for files of strangers: it allocates what a place
// or a compressed block claims to need, adds lengths in 32 bits, and never
// looks at the metaindex or the footer's zeros.
class TableReader {
 public:
  explicit TableReader(absl::string_view file) : file_(file) {}

  absl::StatusOr<Entries> Read();

 private:
  absl::Status ReadFooter(Place* metaindex, Place* index) const;
  // Tests one block; gives its bytes and behind them that of its compression.
  absl::StatusOr<absl::string_view> FindBlock(const Place& place);
  // Adds the entries of a block.
  absl::Status ReadBlock(const Place& place, Entries* entries);
  absl::Status ReadEntries(absl::string_view block, Entries* entries);
  // Tests that no byte is outside of the blocks met.
  absl::Status CheckNothingIsLeft();

  const absl::string_view file_;
  // Of the blocks met: offset and the offset behind the trailer.
  std::vector<std::pair<uint64_t, uint64_t>> met_;
  uint64_t met_bytes_ = 0;
  // Uncompressed.
  uint64_t block_bytes_ = 0;
  uint64_t key_bytes_ = 0;
};

absl::Status TableReader::ReadFooter(Place* metaindex, Place* index) const {
  if (file_.size() < kFooterSize) {
    return Damaged(absl::StrCat("it has ", file_.size(),
                                " bytes, and its footer alone takes 48"));
  }
  const absl::string_view footer = file_.substr(file_.size() - kFooterSize);
  if (footer.substr(kPlacesSize) != kMagic) {
    return Damaged("it does not end as a table does");
  }
  absl::string_view places = footer.substr(0, kPlacesSize);
  if (!ConsumePlace(&places, metaindex) || !ConsumePlace(&places, index)) {
    return Damaged("its footer cannot be read");
  }
  std::string wanted;
  AppendPlace(*metaindex, &wanted);
  AppendPlace(*index, &wanted);
  wanted.resize(kPlacesSize, '\0');
  if (footer.substr(0, kPlacesSize) != wanted) {
    return Damaged("its footer holds more than two places");
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::string_view> TableReader::FindBlock(const Place& place) {
  const uint64_t end = file_.size() - kFooterSize;
  if (place.offset > end || place.size > end - place.offset ||
      end - place.offset - place.size < kTrailerSize) {
    return Damaged(absl::StrCat("a block of ", place.size, " bytes at ",
                                place.offset, " is not inside the file of ",
                                file_.size(), " bytes"));
  }
  met_.emplace_back(place.offset, place.offset + place.size + kTrailerSize);
  met_bytes_ += place.size + kTrailerSize;
  if (met_bytes_ > end) return Damaged("its blocks overlap");

  const absl::string_view block = file_.substr(place.offset, place.size + 1);
  const absl::string_view masked_crc =
      file_.substr(place.offset + block.size(), 4);
  const uint32_t crc = Crc32c(absl::MakeConstSpan(
      reinterpret_cast<const std::byte*>(block.data()), block.size()));
  if (MaskCrc(crc) != DecodeFixed32(masked_crc)) {
    return Damaged(absl::StrCat("the block at ", place.offset,
                                " does not agree with its checksum"));
  }
  return block;
}

absl::Status TableReader::ReadBlock(const Place& place, Entries* entries) {
  CAIRN_ASSIGN_OR_RETURN(absl::string_view stored, FindBlock(place));
  const char compression = stored.back();
  stored.remove_suffix(1);
  if (compression == leveldb::kNoCompression) {
    return ReadEntries(stored, entries);
  }
  std::string block;
  size_t length = 0;
  if (compression != leveldb::kSnappyCompression ||
      !snappy::GetUncompressedLength(stored.data(), stored.size(), &length) ||
      length > kMostFromOneByte * stored.size() ||
      !snappy::Uncompress(stored.data(), stored.size(), &block)) {
    return Damaged(absl::StrCat(
        "the block at ", place.offset, ", of compression ",
        static_cast<int>(compression), ", cannot be uncompressed"));
  }
  return ReadEntries(block, entries);
}

absl::Status TableReader::ReadEntries(absl::string_view block,
                                      Entries* entries) {
  const absl::Status damaged = Damaged("the entries of a block cannot be read");
  block_bytes_ += block.size();
  if (block.size() < 4) return damaged;
  const uint64_t restarts = DecodeFixed32(block.substr(block.size() - 4));
  if (restarts > block.size() / 4 - 1) return damaged;
  absl::string_view rest = block.substr(0, block.size() - 4 * (restarts + 1));

  std::string key;
  while (!rest.empty()) {
    uint64_t shared, key_size, value_size;
    if (!ConsumeVarint(&rest, &shared) || !ConsumeVarint(&rest, &key_size) ||
        !ConsumeVarint(&rest, &value_size) || shared > key.size() ||
        key_size > rest.size() || value_size > rest.size() - key_size) {
      return damaged;
    }
    key.resize(shared);
    key.append(rest.data(), key_size);
    key_bytes_ += key.size();
    if (key_bytes_ > kMostKeyBytesFromOne * block_bytes_) return damaged;
    if (!entries->empty() && key <= entries->back().first) {
      return Damaged(absl::StrCat("the key \"", absl::CHexEscape(key),
                                  "\" is twice there or out of order"));
    }
    entries->emplace_back(key, rest.substr(key_size, value_size));
    rest.remove_prefix(key_size + value_size);
  }
  return absl::OkStatus();
}

absl::Status TableReader::CheckNothingIsLeft() {
  std::sort(met_.begin(), met_.end());
  uint64_t end = 0;
  for (const auto& [block_begin, block_end] : met_) {
    if (block_begin != end) break;
    end = block_end;
  }
  if (end != file_.size() - kFooterSize) {
    return Damaged(absl::StrCat("no block covers its byte ", end));
  }
  return absl::OkStatus();
}

absl::StatusOr<Entries> TableReader::Read() {
  Place metaindex_place, index_place;
  CAIRN_RETURN_IF_ERROR(ReadFooter(&metaindex_place, &index_place));
  Entries metaindex, index, entries;
  CAIRN_RETURN_IF_ERROR(ReadBlock(metaindex_place, &metaindex));
  CAIRN_RETURN_IF_ERROR(ReadBlock(index_place, &index));
  for (const auto& [key, value] : index) {
    CAIRN_ASSIGN_OR_RETURN(const Place place, DecodePlace(value));
    CAIRN_RETURN_IF_ERROR(ReadBlock(place, &entries));
  }
  // Such as a filter, of which a map has no need.
  for (const auto& [key, value] : metaindex) {
    CAIRN_ASSIGN_OR_RETURN(const Place place, DecodePlace(value));
    CAIRN_RETURN_IF_ERROR(FindBlock(place).status());
  }
  CAIRN_RETURN_IF_ERROR(CheckNothingIsLeft());
  return entries;
}

}  // namespace

std::string EncodeIndexTable(
    absl::Span<const std::pair<absl::string_view, absl::string_view>> entries) {
  leveldb::Options options;
  options.block_size = 262144;
  size_t bytes = 0;
  for (const auto& [key, value] : entries) bytes += key.size() + value.size();
  options.compression = bytes < kLeastToCompress ? leveldb::kNoCompression
                                                 : leveldb::kSnappyCompression;
  StringSink sink;
  leveldb::TableBuilder builder(options, &sink);
  for (const auto& [key, value] : entries) {
    builder.Add({key.data(), key.size()}, {value.data(), value.size()});
  }
  // A sink in memory does not fail.
  CAIRN_CHECK(builder.Finish().ok());
  return std::move(sink.bytes);
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>>
DecodeIndexTable(absl::string_view file) {
  return TableReader(file).Read();
}

}  // namespace cairn
