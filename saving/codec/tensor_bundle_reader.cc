#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/annotate.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"
#include "core/runtime/run_in_parallel.h"
#include "core/tensor/aligned_buffer.h"
#include "saving/codec/crc32c.h"
#include "saving/codec/stored_type.h"
#include "saving/codec/string_elements.h"
#include "saving/codec/tensor_bundle.h"

namespace cairn {
namespace {

// What a core keeps near it, so that bytes are still there when their checksum
// is computed.
constexpr int64_t kReadAtOnce = int64_t{1} << 18;
// The same where the bytes are not kept, of memory that costs nothing to get.
constexpr int64_t kTestAtOnce = int64_t{1} << 16;

// Keys may hold any byte.
std::string Quoted(absl::string_view key) {
  return absl::StrCat("\"", absl::Utf8SafeCEscape(key), "\"");
}

void SwapBytes(int64_t size, absl::Span<std::byte> bytes) {
  if (size == 1) return;
  for (auto it = bytes.begin(); it != bytes.end(); it += size) {
    std::reverse(it, it + size);
  }
}

// "bytes 4096 to 8191" of its data file.
std::string RangeOf(const BundleEntry& entry) {
  if (entry.size == 0) return absl::StrCat("no bytes at ", entry.offset);
  return absl::StrCat("bytes ", entry.offset, " to ",
                      entry.offset + entry.size - 1);
}

// Any other value in a bool is undefined behaviour.
bool AreTruths(absl::Span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](std::byte byte) { return byte <= std::byte{1}; });
}

// Copies `part` to where it begins in `whole`. False if an element there was
// covered before.
bool CopySlice(const Tensor& part, const Shape& start, Tensor* whole,
               std::vector<bool>* covered) {
  const size_t rank = part.shape().size();
  const int64_t row = rank == 0 ? 1 : part.shape()[rank - 1];
  if (part.size() == 0) return true;
  const int64_t element_size = static_cast<int64_t>(ElementSize(part.dtype()));
  for (int64_t i = 0; i < part.size() / row; ++i) {
    // The row's place in the whole, from the last dimension but one forward.
    int64_t place = rank == 0 ? 0 : start[rank - 1];
    int64_t stride = rank == 0 ? 1 : whole->shape()[rank - 1];
    int64_t rest = i;
    for (size_t d = rank; d-- > 1;) {
      const int64_t size = part.shape()[d - 1];
      place += (start[d - 1] + rest % size) * stride;
      rest /= size;
      stride *= whole->shape()[d - 1];
    }
    const auto first = covered->begin() + place;
    if (std::find(first, first + row, true) != first + row) return false;
    std::fill(first, first + row, true);
    std::memcpy(whole->mutable_bytes().data() + place * element_size,
                part.bytes().data() + i * row * element_size,
                row * element_size);
  }
  return true;
}

}  // namespace

absl::StatusOr<std::unique_ptr<BundleReader>> BundleReader::Open(
    FileSystem& files, const std::string& prefix) {
  auto reader = std::unique_ptr<BundleReader>(new BundleReader());
  reader->prefix_ = prefix;
  const absl::Status status = reader->ReadEntries(files);
  if (absl::IsNotFound(status)) return status;
  CAIRN_RETURN_IF_ERROR(Annotate(status, BundleIndexPath(prefix)));
  CAIRN_RETURN_IF_ERROR(reader->OpenDataFiles(files));
  return reader;
}

absl::Status BundleReader::OpenDataFiles(FileSystem& files) {
  data_.resize(shard_count_);
  // Entries that share bytes would let a small index ask for much memory.
  std::vector<int64_t> left(shard_count_, -1);
  const auto open = [&](const BundleEntry& entry) -> absl::Status {
    std::unique_ptr<RandomAccessFile>& file = data_[entry.shard];
    if (file == nullptr) {
      const std::string path =
          BundleDataPath(prefix_, entry.shard, shard_count_);
      auto opened = files.NewRandomAccessFile(path);
      if (absl::IsNotFound(opened.status())) {
        return absl::NotFoundError(absl::StrCat(
            "the checkpoint \"", prefix_, "\" is not complete: its data file ",
            path, " does not exist"));
      }
      CAIRN_RETURN_IF_ERROR(opened.status());
      file = *std::move(opened);
      left[entry.shard] = file->size();
    }
    if (entry.offset > file->size() ||
        entry.size > file->size() - entry.offset) {
      return absl::DataLossError(
          absl::StrCat(NameOf(entry), ": it has ", entry.size, " bytes at ",
                       entry.offset, ", and the file ends at ", file->size()));
    }
    left[entry.shard] -= entry.size;
    if (left[entry.shard] < 0) {
      return absl::DataLossError(
          absl::StrCat(NameOf(entry),
                       ": it shares bytes with other entries, as "
                       "their file has only ",
                       file->size()));
    }
    return absl::OkStatus();
  };
  for (const BundleEntry& entry : entries_) {
    if (!entry.is_sliced) CAIRN_RETURN_IF_ERROR(open(entry));
  }
  for (const auto& [key, slices] : slices_) {
    for (const Slice& slice : slices) CAIRN_RETURN_IF_ERROR(open(slice.entry));
  }
  return absl::OkStatus();
}

const BundleEntry* BundleReader::Find(absl::string_view key) const {
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), key,
                       [](const BundleEntry& entry, absl::string_view k) {
                         return entry.key < k;
                       });
  return found != entries_.end() && found->key == key ? &*found : nullptr;
}

std::string BundleReader::NameOf(const BundleEntry& entry) const {
  if (entry.is_sliced) return absl::StrCat(Quoted(entry.key), " in ", prefix_);
  return absl::StrCat(Quoted(entry.key), " in ",
                      BundleDataPath(prefix_, entry.shard, shard_count_));
}

absl::Status BundleReader::CheckCrc(const BundleEntry& entry,
                                    uint32_t crc) const {
  if (MaskCrc(crc) == entry.masked_crc) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(NameOf(entry), ", ", RangeOf(entry),
                                          ": the checksum is wrong"));
}

absl::StatusOr<TensorSpec> BundleReader::SpecOf(
    const BundleEntry& entry) const {
  const StoredType* const type = FindStoredType(entry.dtype_number);
  if (type != nullptr && type->dtype.has_value()) {
    return TensorSpec{.dtype = *type->dtype, .shape = entry.shape};
  }
  return absl::UnimplementedError(
      absl::StrCat(NameOf(entry), ": ", entry.dtype_name,
                   " is not a type that tensors here have"));
}

absl::StatusOr<Tensor> BundleReader::ReadTensor(
    const BundleEntry& entry) const {
  CAIRN_ASSIGN_OR_RETURN(const TensorSpec spec, SpecOf(entry));
  if (entry.is_sliced) return ReadSlices(entry, spec);
  Tensor value = Tensor::Unset(spec);
  CAIRN_RETURN_IF_ERROR(ReadTensorInto(entry, value.mutable_bytes()));
  return value;
}

absl::Status BundleReader::ReadTensorInto(const BundleEntry& entry,
                                          absl::Span<std::byte> bytes) const {
  CAIRN_ASSIGN_OR_RETURN(const TensorSpec spec, SpecOf(entry));
  CAIRN_CHECK(bytes.size() == ByteSize(spec));
  if (entry.is_sliced) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor value, ReadSlices(entry, spec));
    return value.CopyTo(bytes);
  }
  CAIRN_RETURN_IF_ERROR(ReadTested(entry, bytes));
  if (big_endian_) {
    SwapBytes(FindStoredType(entry.dtype_number)->swap_size, bytes);
  }
  if (spec.dtype == DType::kBool && !AreTruths(bytes)) {
    return absl::DataLossError(absl::StrCat(NameOf(entry), ", ", RangeOf(entry),
                                            ": a bool is neither 0 nor 1"));
  }
  return absl::OkStatus();
}

absl::Status BundleReader::ReadTested(const BundleEntry& entry,
                                      absl::Span<std::byte> bytes) const {
  uint32_t crc = 0;
  for (int64_t done = 0; done < entry.size; done += kReadAtOnce) {
    const auto part = bytes.subspan(done, kReadAtOnce);
    CAIRN_RETURN_IF_ERROR(data_[entry.shard]->Read(entry.offset + done, part));
    crc = Crc32c(part, crc);
  }
  return CheckCrc(entry, crc);
}

std::vector<BundleGap> BundleReader::gaps() const {
  std::vector<const BundleEntry*> stored;
  for (const BundleEntry& entry : entries_) {
    if (!entry.is_sliced) stored.push_back(&entry);
  }
  for (const auto& [key, slices] : slices_) {
    for (const Slice& slice : slices) stored.push_back(&slice.entry);
  }
  std::sort(stored.begin(), stored.end(),
            [](const BundleEntry* one, const BundleEntry* other) {
              return std::tie(one->shard, one->offset) <
                     std::tie(other->shard, other->offset);
            });
  std::vector<BundleGap> gaps;
  BundleGap next;
  for (const BundleEntry* const entry : stored) {
    if (entry->shard != next.shard) next = {.shard = entry->shard};
    next.size = entry->offset - next.offset;
    if (next.size > 0 && next.size < static_cast<int64_t>(kPage))
      gaps.push_back(next);
    next.offset = std::max(next.offset, entry->offset + entry->size);
  }
  return gaps;
}

absl::Status BundleReader::VerifyGap(const BundleGap& gap) const {
  std::vector<std::byte> bytes(static_cast<size_t>(gap.size));
  CAIRN_RETURN_IF_ERROR(
      data_[gap.shard]->Read(gap.offset, absl::MakeSpan(bytes)));
  const auto wrong = std::find_if(bytes.begin(), bytes.end(), [](std::byte b) {
    return b != std::byte{0};
  });
  if (wrong == bytes.end()) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(BundleDataPath(prefix_, gap.shard, shard_count_), ", byte ",
                   gap.offset + (wrong - bytes.begin()),
                   ": it lies between tensors and is not zero"));
}

bool BundleReader::IsPlain(const BundleEntry& entry) const {
  const StoredType* const type = FindStoredType(entry.dtype_number);
  return type != nullptr && type->dtype.has_value() &&
         type->dtype != DType::kBool && !entry.is_sliced &&
         (!big_endian_ || type->swap_size == 1);
}

absl::Status BundleReader::ReadPart(const BundleEntry& entry, int64_t offset,
                                    absl::Span<std::byte> destination) const {
  CAIRN_CHECK(offset >= 0 && offset <= entry.size &&
              static_cast<int64_t>(destination.size()) <= entry.size - offset);
  return data_[entry.shard]->Read(entry.offset + offset, destination);
}

absl::StatusOr<Tensor> BundleReader::ReadSlices(const BundleEntry& entry,
                                                const TensorSpec& spec) const {
  int64_t data_size = 0;
  for (const auto& file : data_) {
    if (file != nullptr) data_size += file->size();
  }
  if (entry.size > data_size) {
    return absl::DataLossError(
        absl::StrCat(NameOf(entry), ": its slices have ", entry.size,
                     " bytes, and the data files only ", data_size));
  }
  // Slices that together are as large as the whole, and none of which covers
  // what another does, cover it all.
  Tensor whole = Tensor::Zeros(spec);
  std::vector<bool> covered(whole.size());
  for (const Slice& slice : slices_.at(entry.key)) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor part, ReadTensor(slice.entry));
    if (!CopySlice(part, slice.start, &whole, &covered)) {
      return absl::DataLossError(
          absl::StrCat(NameOf(entry), ": two of its slices overlap"));
    }
  }
  return whole;
}

absl::StatusOr<std::string> BundleReader::ReadBytes(
    const BundleEntry& entry) const {
  std::string bytes(entry.size, '\0');
  CAIRN_RETURN_IF_ERROR(data_[entry.shard]->Read(
      entry.offset, absl::MakeSpan(reinterpret_cast<std::byte*>(bytes.data()),
                                   bytes.size())));
  return bytes;
}

absl::StatusOr<std::vector<std::string>> BundleReader::ReadStrings(
    const BundleEntry& entry) const {
  if (!entry.is_string() || entry.is_sliced) {
    return absl::UnimplementedError(
        absl::StrCat(NameOf(entry), ": it is ", entry.dtype_name,
                     entry.is_sliced ? " in slices" : "", ", not strings"));
  }
  CAIRN_ASSIGN_OR_RETURN(const std::string bytes, ReadBytes(entry));
  auto values = DecodeStrings(bytes, ElementCount(entry.shape), big_endian_,
                              entry.masked_crc);
  CAIRN_RETURN_IF_ERROR(Annotate(
      values.status(), absl::StrCat(NameOf(entry), ", ", RangeOf(entry))));
  return values;
}

absl::Status BundleReader::Verify(const BundleEntry& entry) const {
  if (entry.is_sliced) {
    for (const Slice& slice : slices_.at(entry.key)) {
      CAIRN_RETURN_IF_ERROR(Verify(slice.entry));
    }
    return absl::OkStatus();
  }
  if (entry.is_string()) return ReadStrings(entry).status();
  if (entry.dtype_number == kVariantTypeNumber) {
    CAIRN_ASSIGN_OR_RETURN(const std::string bytes, ReadBytes(entry));
    return Annotate(VerifyVariants(bytes, ElementCount(entry.shape),
                                   big_endian_, entry.masked_crc),
                    absl::StrCat(NameOf(entry), ", ", RangeOf(entry)));
  }
  CAIRN_ASSIGN_OR_RETURN(const uint32_t crc, ComputeCrc(entry, 0, entry.size));
  return CheckCrc(entry, crc);
}

absl::StatusOr<uint32_t> BundleReader::ComputeCrc(const BundleEntry& entry,
                                                  int64_t begin,
                                                  int64_t size) const {
  const AlignedBuffer buffer =
      MakeUnsetBuffer(static_cast<size_t>(std::min(size, kTestAtOnce)));
  uint32_t crc = 0;
  for (int64_t done = 0; done < size; done += kTestAtOnce) {
    const absl::Span<std::byte> part(
        buffer.get(), static_cast<size_t>(std::min(size - done, kTestAtOnce)));
    CAIRN_RETURN_IF_ERROR(
        data_[entry.shard]->Read(entry.offset + begin + done, part));
    crc = Crc32c(part, crc);
  }
  return crc;
}

bool BundleReader::HasPlainCrc(const BundleEntry& entry) {
  return !entry.is_sliced && !entry.is_string() &&
         entry.dtype_number != kVariantTypeNumber;
}

absl::Status BundleReader::VerifyAll(
    absl::Span<const BundleEntry* const> entries) const {
  // So large that joining checksums costs nothing beside it, and so small that
  // threads share a few megabytes evenly. Of sparse files there may be no end.
  constexpr int64_t kLeastPiece = int64_t{1} << 18;
  constexpr int64_t kMostPieces = int64_t{1} << 12;
  int64_t total = 0;
  for (const BundleEntry* const entry : entries) {
    if (__builtin_add_overflow(total, entry->size, &total)) {
      total = std::numeric_limits<int64_t>::max();
    }
  }
  const int64_t most = std::max(kLeastPiece, total / kMostPieces);
  struct Piece {
    const BundleEntry* entry = nullptr;
    int64_t begin = 0, size = 0;
    uint32_t crc = 0;
  };
  std::vector<Piece> pieces;
  for (const BundleEntry* const entry : entries) {
    int64_t begin = 0;
    do {
      // What is not to be parted is one piece.
      const int64_t left = entry->size - begin;
      const int64_t size = HasPlainCrc(*entry) ? std::min(left, most) : left;
      pieces.push_back({.entry = entry, .begin = begin, .size = size});
      begin += size;
    } while (begin < entry->size);
  }
  const auto test = [&](int64_t i) -> absl::Status {
    Piece& piece = pieces[i];
    if (piece.size == piece.entry->size) return Verify(*piece.entry);
    CAIRN_ASSIGN_OR_RETURN(piece.crc,
                           ComputeCrc(*piece.entry, piece.begin, piece.size));
    return absl::OkStatus();
  };
  const auto count = static_cast<int64_t>(pieces.size());
  if (total >= kInParallelFrom) {
    CAIRN_RETURN_IF_ERROR(RunInParallel(count, test));
  } else {
    for (int64_t i = 0; i < count; ++i) CAIRN_RETURN_IF_ERROR(test(i));
  }
  uint32_t crc = 0;
  for (const Piece& piece : pieces) {
    if (piece.size == piece.entry->size) continue;
    crc = piece.begin == 0
              ? piece.crc
              : JoinCrcs(crc, piece.crc, static_cast<uint64_t>(piece.size));
    if (piece.begin + piece.size < piece.entry->size) continue;
    CAIRN_RETURN_IF_ERROR(CheckCrc(*piece.entry, crc));
  }
  return absl::OkStatus();
}

}  // namespace cairn
