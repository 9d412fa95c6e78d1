#include "core/data/readers/idx.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/status_macros.h"
#include "core/data/readers/plain_or_gzip_file.h"
#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

namespace cairn {
namespace {

struct IdxType {
  uint8_t code;
  DType dtype;
};
constexpr IdxType kTypes[] = {
    {0x08, DType::kUInt8}, {0x09, DType::kInt8},    {0x0b, DType::kInt16},
    {0x0c, DType::kInt32}, {0x0d, DType::kFloat32}, {0x0e, DType::kFloat64},
};

absl::Status DamagedAt(const PlainOrGzipFile& file, int64_t offset,
                       const std::string& what) {
  return absl::DataLossError(
      absl::StrCat(file.path(), ": at byte ", offset, ": ", what));
}

absl::Status ReadExactly(PlainOrGzipFile& file, absl::Span<std::byte> bytes,
                         const char* what) {
  const int64_t begin = file.position();
  CAIRN_ASSIGN_OR_RETURN(const size_t count, file.Read(bytes));
  if (count == bytes.size()) return absl::OkStatus();
  return DamagedAt(
      file, file.position(),
      absl::StrCat("the IDX data ends; ", what, " from byte ", begin,
                   " on should have ", bytes.size(), " bytes"));
}

absl::StatusOr<DType> ReadType(PlainOrGzipFile& file, int& rank) {
  std::array<std::byte, 4> magic;
  CAIRN_RETURN_IF_ERROR(
      ReadExactly(file, absl::MakeSpan(magic), "the magic number"));
  std::array<uint8_t, 4> bytes;
  std::memcpy(bytes.data(), magic.data(), bytes.size());
  if (bytes[0] != 0 || bytes[1] != 0) {
    return DamagedAt(
        file, 0,
        absl::StrFormat("this is no IDX file: it starts with %02x %02x %02x "
                        "%02x instead of 00 00, a type and a rank",
                        bytes[0], bytes[1], bytes[2], bytes[3]));
  }
  rank = bytes[3];
  if (rank == 0) return DamagedAt(file, 3, "IDX data of rank 0");
  for (const IdxType& type : kTypes) {
    if (type.code == bytes[2]) return type.dtype;
  }
  return DamagedAt(
      file, 2,
      absl::StrFormat("unknown IDX type %02x; known are 08 (uint8), 09 (int8), "
                      "0b (int16), 0c (int32), 0d (float32), 0e (float64)",
                      bytes[2]));
}

absl::StatusOr<TensorSpec> ReadHeader(PlainOrGzipFile& file) {
  int rank = 0;
  TensorSpec spec;
  CAIRN_ASSIGN_OR_RETURN(spec.dtype, ReadType(file, rank));
  // Dimensions of 0 are left out of the product, which thus bounds the product
  // of any part of the shape.
  uint64_t bytes = ElementSize(spec.dtype);
  for (int i = 0; i < rank; ++i) {
    const int64_t offset = file.position();
    std::array<std::byte, 4> number;
    CAIRN_RETURN_IF_ERROR(
        ReadExactly(file, absl::MakeSpan(number), "a dimension"));
    uint64_t dimension = 0;
    for (const std::byte byte : number) {
      dimension = dimension << 8 | static_cast<uint8_t>(byte);
    }
    constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
    if (dimension > 0 && bytes > kMost / dimension) {
      return DamagedAt(file, offset,
                       absl::StrCat("dimension ", i, " is ", dimension,
                                    ", which makes more values than any "
                                    "memory holds"));
    }
    if (dimension > 0) bytes *= dimension;
    spec.shape.push_back(static_cast<int64_t>(dimension));
  }
  return spec;
}

template <typename Word>
void SwapBytes(absl::Span<std::byte> bytes) {
  for (size_t i = 0; i + sizeof(Word) <= bytes.size(); i += sizeof(Word)) {
    std::reverse(bytes.begin() + i, bytes.begin() + i + sizeof(Word));
  }
}

// Values come big-endian; the machines that Cairn runs on are little-endian.
void FromBigEndian(DType dtype, absl::Span<std::byte> bytes) {
  switch (ElementSize(dtype)) {
    case 2:
      return SwapBytes<uint16_t>(bytes);
    case 4:
      return SwapBytes<uint32_t>(bytes);
    case 8:
      return SwapBytes<uint64_t>(bytes);
    default:
      return;
  }
}

}  // namespace

absl::StatusOr<Tensor> ReadIdx(const std::string& path) {
  CAIRN_ASSIGN_OR_RETURN(PlainOrGzipFile file, PlainOrGzipFile::Open(path));
  CAIRN_ASSIGN_OR_RETURN(const TensorSpec spec, ReadHeader(file));
  // The header may promise anything, so memory grows with what is really there.
  const size_t promised = ByteSize(spec);
  constexpr size_t kFirst = size_t{1} << 20;
  const int64_t begin = file.position();
  std::vector<std::byte> values;
  while (values.size() < promised) {
    const size_t old_size = values.size();
    values.resize(std::min(promised, std::max(kFirst, 2 * old_size)));
    const auto rest = absl::MakeSpan(values).subspan(old_size);
    CAIRN_ASSIGN_OR_RETURN(const size_t count, file.Read(rest));
    if (count < rest.size()) {
      return DamagedAt(
          file, file.position(),
          absl::StrCat("the IDX data ends; ", SpecToString(spec), " from byte ",
                       begin, " on should have ", promised, " bytes"));
    }
  }
  std::byte more;
  CAIRN_ASSIGN_OR_RETURN(const size_t count,
                         file.Read(absl::MakeSpan(&more, 1)));
  if (count > 0) {
    return DamagedAt(file, begin + static_cast<int64_t>(promised),
                     absl::StrCat("more follows after the ", promised,
                                  " bytes of ", SpecToString(spec)));
  }
  Tensor tensor = Tensor::Zeros(spec);
  if (promised > 0) {
    std::memcpy(tensor.mutable_bytes().data(), values.data(), promised);
  }
  FromBigEndian(spec.dtype, tensor.mutable_bytes());
  return tensor;
}

}  // namespace cairn
