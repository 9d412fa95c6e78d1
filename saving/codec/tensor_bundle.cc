#include "saving/codec/tensor_bundle.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
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
constexpr size_t kLarge = size_t{64} << 10;

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

BundleWriter::BundleWriter(WritableFile* data, int shard, int shard_count)
    : data_(data), shard_(shard), shard_count_(shard_count) {}

absl::Status BundleWriter::CheckKey(const std::string& key) const {
  if (key.empty() || key[0] == '\0') {
    return absl::InvalidArgumentError(
        "a tensor's key must not be empty or begin with a zero byte");
  }
  if (entries_.contains(key)) {
    return absl::AlreadyExistsError(
        absl::StrCat("two tensors have the key \"", key, "\""));
  }
  return absl::OkStatus();
}

absl::Status BundleWriter::AddTensor(const std::string& key,
                                     const Tensor& value) {
  CAIRN_RETURN_IF_ERROR(CheckKey(key));
  return AddEntry(key, StoredTypeOf(value.dtype()).number, value.shape(),
                  value.bytes(), Crc32c(value.bytes()));
}

absl::Status BundleWriter::AddString(const std::string& key,
                                     absl::string_view value) {
  CAIRN_RETURN_IF_ERROR(CheckKey(key));
  const EncodedStrings encoded = EncodeStrings({value});
  return AddEntry(key, kStringTypeNumber, {}, BytesOf(encoded.bytes),
                  encoded.crc);
}

absl::Status BundleWriter::AddEntry(const std::string& key, int dtype_number,
                                    const Shape& shape,
                                    absl::Span<const std::byte> bytes,
                                    uint32_t crc) {
  CAIRN_RETURN_IF_ERROR(AppendData(bytes));
  proto::BundleEntryProto entry;
  entry.set_dtype(dtype_number);
  // A scalar's shape is there too, and empty.
  entry.mutable_shape();
  for (const int64_t size : shape) {
    entry.mutable_shape()->add_dim()->set_size(size);
  }
  entry.set_shard_id(shard_);
  entry.set_offset(offset_);
  entry.set_size(static_cast<int64_t>(bytes.size()));
  entry.set_crc32c(MaskCrc(crc));
  offset_ += static_cast<int64_t>(bytes.size());
  entries_[key] = entry.SerializeAsString();
  return absl::OkStatus();
}

absl::Status BundleWriter::AppendData(absl::Span<const std::byte> bytes) {
  if (bytes.size() >= kLarge) {
    CAIRN_RETURN_IF_ERROR(Flush());
    return data_->Append(bytes);
  }
  gathered_.insert(gathered_.end(), bytes.begin(), bytes.end());
  return gathered_.size() >= kGatherUpTo ? Flush() : absl::OkStatus();
}

absl::Status BundleWriter::Flush() {
  if (gathered_.empty()) return absl::OkStatus();
  const absl::Status status = data_->Append(gathered_);
  gathered_.clear();
  return status;
}

absl::Status BundleWriter::WriteIndex(WritableFile* index) {
  CAIRN_RETURN_IF_ERROR(Flush());
  proto::BundleHeaderProto header;
  header.set_num_shards(shard_count_);
  header.mutable_version()->set_producer(1);
  entries_[""] = header.SerializeAsString();
  return index->Append(BytesOf(EncodeIndexTable(entries_)));
}

}  // namespace cairn
