#include "saving/codec/tensor_bundle.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"
#include "core/runtime/run_in_parallel.h"
#include "core/tensor/aligned_buffer.h"
#include "saving/codec/crc32c.h"
#include "saving/codec/index_table.h"
#include "saving/codec/proto/tensor_bundle.pb.h"
#include "saving/codec/stored_type.h"
#include "saving/codec/string_elements.h"

namespace cairn {
namespace {

// As much as is gathered before it is written, and what is large enough to be
// written from where it is.
constexpr size_t kGatherUpTo = size_t{256} << 10;
// So much goes into a data file at once, and so much of it was gathered.
constexpr int64_t kWriteUpTo = int64_t{16} << 20;
constexpr int64_t kGatheredUpTo = int64_t{1} << 20;
constexpr size_t kLarge = size_t{64} << 10;
// What begins on a page in memory does in its file too, so that it may go to
// the device from where it is. The gaps before such are no more than a
// hundredth of the file.
static_assert(kPage % kDirectAlignment == 0 && kOnPageFrom >= 100 * kPage);
// Data files. More would hold more of a large bundle in memory that is read
// from another.
constexpr size_t kShardsAtOnce = 4;
// Entries that wait for a single data file. Each keeps a Tensor, and of small
// ones there may be thousands before there are megabytes.
constexpr size_t kMostPending = 512;

absl::Span<const std::byte> BytesOf(absl::string_view text) {
  return absl::MakeConstSpan(reinterpret_cast<const std::byte*>(text.data()),
                             text.size());
}

}  // namespace

std::string BundleIndexPath(absl::string_view prefix) {
  return absl::StrCat(prefix, ".index");
}

std::string BundleDataPath(absl::string_view prefix, int shard,
                           int shard_count) {
  return absl::StrCat(prefix, ".data-", absl::Dec(shard, absl::kZeroPad5),
                      "-of-", absl::Dec(shard_count, absl::kZeroPad5));
}

absl::Span<const std::byte> BundleWriter::Pending::bytes() const {
  return strings != nullptr ? BytesOf(strings->bytes) : value.bytes();
}

absl::Status BundleWriter::Shard::Write() {
  std::vector<absl::Span<const std::byte>> parts;
  std::vector<std::vector<std::byte>> small;
  int64_t bytes_in_parts = 0, bytes_in_small = 0;
  const auto add = [&](absl::Span<const std::byte> part) {
    parts.push_back(part);
    bytes_in_parts += static_cast<int64_t>(part.size());
  };
  const auto add_gathered = [&] {
    if (gathered.empty()) return;
    // Where the bytes are does not change by the move, nor when `small` grows.
    add(gathered);
    bytes_in_small += static_cast<int64_t>(gathered.size());
    small.push_back(std::exchange(gathered, {}));
  };
  for (Pending& entry : pending) {
    const absl::Span<const std::byte> value = entry.bytes();
    entry.crc = entry.strings != nullptr ? entry.strings->crc : Crc32c(value);
    gathered.resize(gathered.size() + static_cast<size_t>(entry.padding));
    if (value.size() >= kLarge) {
      add_gathered();
      add(value);
    } else {
      // Not half as large again each time.
      if (gathered.empty()) gathered.reserve(kGatherUpTo + kLarge);
      gathered.insert(gathered.end(), value.begin(), value.end());
      if (gathered.size() >= kGatherUpTo) add_gathered();
    }
    if (bytes_in_parts < kWriteUpTo && bytes_in_small < kGatheredUpTo) continue;
    CAIRN_RETURN_IF_ERROR(file->AppendAll(parts));
    parts.clear();
    small.clear();
    bytes_in_parts = bytes_in_small = 0;
  }
  return parts.empty() ? absl::OkStatus() : file->AppendAll(parts);
}

absl::Status BundleWriter::Shard::Flush() {
  if (gathered.empty()) return absl::OkStatus();
  const absl::Status status = file->Append(gathered);
  gathered.clear();
  return status;
}

BundleWriter::BundleWriter(WritableFile* data, int shard, int shard_count)
    : shards_(1),
      first_shard_(shard),
      shard_count_(shard_count),
      shard_bytes_(std::numeric_limits<int64_t>::max()) {
  shards_[0].file = data;
}

BundleWriter::BundleWriter(const std::vector<WritableFile*>& data,
                           int64_t shard_bytes, int shard_count)
    : shards_(data.size()),
      first_shard_(0),
      shard_count_(shard_count),
      shard_bytes_(shard_bytes) {
  CAIRN_CHECK(!data.empty());
  for (size_t i = 0; i < data.size(); ++i) shards_[i].file = data[i];
}

absl::Status BundleWriter::AddTensor(absl::string_view key,
                                     const Tensor& value) {
  return Add(key, {.dtype_number = StoredTypeOf(value.dtype()).number,
                   .value = value});
}

absl::Status BundleWriter::AddString(absl::string_view key,
                                     absl::string_view value) {
  return AddEncodedString(
      key, std::make_shared<const EncodedStrings>(EncodeStrings({value})));
}

absl::Status BundleWriter::AddEncodedString(
    absl::string_view key, std::shared_ptr<const EncodedStrings> value) {
  return Add(key,
             {.dtype_number = kStringTypeNumber, .strings = std::move(value)});
}

absl::Status BundleWriter::Add(absl::string_view key, Pending entry) {
  if (key.empty() || key[0] == '\0') {
    return absl::InvalidArgumentError(
        "a tensor's key must not be empty or begin with a zero byte");
  }
  if (keys_.contains(key)) {
    return absl::AlreadyExistsError(
        absl::StrCat("two tensors have the key \"", key, "\""));
  }
  if (shards_[next_].bytes >= shard_bytes_ && next_ + 1 < shards_.size()) {
    if (++next_ - written_ == kShardsAtOnce) {
      CAIRN_RETURN_IF_ERROR(WritePending());
    }
  }
  Shard& shard = shards_[next_];
  if (entry.bytes().size() >= kOnPageFrom) {
    const auto end = static_cast<size_t>(shard.bytes);
    entry.padding = static_cast<int64_t>(RoundUp(end, kPage) - end);
  }
  shard.bytes += entry.padding;
  entry.offset = shard.bytes;
  shard.bytes += static_cast<int64_t>(entry.bytes().size());
  pending_bytes_ += static_cast<int64_t>(entry.bytes().size());
  entry.entry = entries_.size();
  entries_.emplace_back(texts_.Add(key), absl::string_view());
  keys_.insert(entries_.back().first);
  shard.pending.push_back(std::move(entry));
  const bool is_enough =
      shards_.size() == 1 &&
      (pending_bytes_ >= kWriteUpTo || shard.pending.size() >= kMostPending);
  return is_enough ? WritePending() : absl::OkStatus();
}

absl::Status BundleWriter::WritePending() {
  const absl::Span<Shard> all =
      absl::MakeSpan(shards_).subspan(written_, next_ - written_ + 1);
  int64_t bytes = 0;
  for (const Shard& shard : all) bytes += shard.bytes;
  if (all.size() == 1 || bytes < kInParallelFrom) {
    for (Shard& shard : all) CAIRN_RETURN_IF_ERROR(shard.Write());
  } else {
    CAIRN_RETURN_IF_ERROR(
        RunInParallel(static_cast<int64_t>(all.size()),
                      [&](int64_t i) { return all[i].Write(); }));
  }
  // One for all, which keeps its memory.
  proto::BundleEntryProto proto;
  for (Shard& shard : all) {
    const int number = first_shard_ + static_cast<int>(&shard - &shards_[0]);
    for (const Pending& entry : shard.pending) {
      proto.Clear();
      proto.set_dtype(entry.dtype_number);
      // A scalar's shape is there too, and empty.
      proto.mutable_shape();
      if (entry.strings == nullptr) {
        for (const int64_t extent : entry.value.shape()) {
          proto.mutable_shape()->add_dim()->set_size(extent);
        }
      }
      proto.set_shard_id(number);
      proto.set_offset(entry.offset);
      proto.set_size(static_cast<int64_t>(entry.bytes().size()));
      proto.set_crc32c(MaskCrc(entry.crc));
      const size_t size = proto.ByteSizeLong();
      char* const text = texts_.Take(size);
      CAIRN_CHECK(proto.SerializeToArray(text, static_cast<int>(size)));
      entries_[entry.entry].second = {text, size};
    }
    shard.pending.clear();
  }
  written_ = next_;
  pending_bytes_ = 0;
  return absl::OkStatus();
}

absl::Status BundleWriter::WriteIndex(WritableFile* index) {
  CAIRN_RETURN_IF_ERROR(WritePending());
  for (Shard& shard : shards_) CAIRN_RETURN_IF_ERROR(shard.Flush());
  proto::BundleHeaderProto header;
  header.set_num_shards(shard_count_);
  header.mutable_version()->set_producer(1);
  entries_.emplace_back("", texts_.Add(header.SerializeAsString()));
  std::sort(entries_.begin(), entries_.end());
  return index->Append(BytesOf(EncodeIndexTable(entries_)));
}

}  // namespace cairn
