#include "core/data/readers/npy.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "core/base/annotate.h"
#include "core/base/status_macros.h"
#include "core/data/readers/plain_or_gzip_file.h"
#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

namespace cairn {
namespace {

constexpr absl::string_view kMagic = "\x93NUMPY";
// What numpy allows, 32, doubled since version 2.
constexpr size_t kHighestRank = 64;
// numpy itself refuses longer ones.
constexpr uint32_t kLongestHeader = 10000;

// What the header says.
struct NpyHeader {
  std::string type;  // "<f4"
  bool column_major = false;
  Shape shape;
};

// Reads the dictionary: its three members, each once, in any order.
class HeaderParser {
 public:
  // `offset` is that of the text in the file.
  HeaderParser(absl::string_view text, size_t offset)
      : text_(text), rest_(text), offset_(offset) {}

  absl::StatusOr<NpyHeader> Parse() {
    CAIRN_RETURN_IF_ERROR(Expect("{"));
    while (!Consume("}")) {
      CAIRN_ASSIGN_OR_RETURN(const std::string name, ParseString());
      CAIRN_RETURN_IF_ERROR(Expect(":"));
      CAIRN_RETURN_IF_ERROR(ParseMember(name));
      if (Consume(",")) continue;
      CAIRN_RETURN_IF_ERROR(Expect("}"));
      break;
    }
    SkipSpace();
    if (!rest_.empty()) return Damaged("something follows the dictionary");
    if (!has_type_ || !has_order_ || !has_shape_) {
      return Damaged(
          "the dictionary lacks \"descr\", \"fortran_order\" or \"shape\"");
    }
    return std::move(header_);
  }

 private:
  absl::Status Damaged(absl::string_view what) const {
    return absl::DataLossError(absl::StrCat(
        "at byte ", offset_ + text_.size() - rest_.size(), ": ", what));
  }

  void SkipSpace() { rest_ = absl::StripLeadingAsciiWhitespace(rest_); }

  bool Consume(absl::string_view word) {
    SkipSpace();
    return absl::ConsumePrefix(&rest_, word);
  }

  absl::Status Expect(absl::string_view word) {
    if (Consume(word)) return absl::OkStatus();
    return Damaged(absl::StrCat("the header should have \"", word, "\" here"));
  }

  absl::StatusOr<std::string> ParseString() {
    SkipSpace();
    const size_t end = rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')
                           ? absl::string_view::npos
                           : rest_.find(rest_[0], 1);
    if (end == absl::string_view::npos) {
      return Damaged("the header should have a string here");
    }
    std::string value(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return value;
  }

  absl::Status ParseMember(const std::string& name) {
    bool* const has = name == "descr"           ? &has_type_
                      : name == "fortran_order" ? &has_order_
                      : name == "shape"         ? &has_shape_
                                                : nullptr;
    if (has == nullptr || *has) {
      return Damaged(absl::StrCat("the member \"", absl::CHexEscape(name),
                                  "\" is unknown or twice there"));
    }
    *has = true;
    if (name == "shape") return ParseShape();
    if (name == "fortran_order") {
      header_.column_major = Consume("True");
      return header_.column_major ? absl::OkStatus() : Expect("False");
    }
    SkipSpace();
    if (absl::StartsWith(rest_, "[")) {
      return absl::InvalidArgumentError(
          "a structured array; save its fields one by one");
    }
    CAIRN_ASSIGN_OR_RETURN(header_.type, ParseString());
    return absl::OkStatus();
  }

  absl::Status ParseShape() {
    CAIRN_RETURN_IF_ERROR(Expect("("));
    while (!Consume(")")) {
      SkipSpace();
      size_t digits = 0;
      while (digits < rest_.size() && absl::ascii_isdigit(rest_[digits])) {
        ++digits;
      }
      int64_t dimension = 0;
      if (!absl::SimpleAtoi(rest_.substr(0, digits), &dimension) ||
          header_.shape.size() == kHighestRank) {
        return Damaged("the shape cannot be read");
      }
      header_.shape.push_back(dimension);
      rest_.remove_prefix(digits);
      // Python 2 wrote long numbers so.
      absl::ConsumePrefix(&rest_, "L");
      if (Consume(",")) continue;
      CAIRN_RETURN_IF_ERROR(Expect(")"));
      break;
    }
    return absl::OkStatus();
  }

  const absl::string_view text_;
  absl::string_view rest_;
  const size_t offset_;
  NpyHeader header_;
  bool has_type_ = false, has_order_ = false, has_shape_ = false;
};

// The header; `content` is then what follows it.
absl::StatusOr<NpyHeader> ConsumeHeader(absl::string_view& content) {
  absl::string_view rest = content;
  if (!absl::ConsumePrefix(&rest, kMagic) || rest.size() < 2) {
    return absl::DataLossError(
        "this is no .npy file: it does not start as numpy.save() does");
  }
  const int version = static_cast<uint8_t>(rest[0]);
  if (version < 1 || version > 3) {
    return absl::InvalidArgumentError(
        absl::StrCat("it is of version ", version, "; 1, 2 and 3 can be read"));
  }
  rest.remove_prefix(2);
  const size_t length_bytes = version == 1 ? 2 : 4;
  uint32_t length = 0;
  for (size_t i = 0; i < length_bytes && i < rest.size(); ++i) {
    length |= uint32_t{static_cast<uint8_t>(rest[i])} << (8 * i);
  }
  if (rest.size() < length_bytes || length > rest.size() - length_bytes ||
      length > kLongestHeader) {
    return absl::DataLossError(absl::StrCat("at byte 8: a header of ", length,
                                            " bytes, where ", rest.size(),
                                            " are left"));
  }
  rest.remove_prefix(length_bytes);
  const absl::string_view text = rest.substr(0, length);
  const size_t offset = content.size() - rest.size();
  content = rest.substr(length);
  return HeaderParser(text, offset).Parse();
}

struct NpyType {
  absl::string_view name;
  DType dtype;
};
constexpr NpyType kTypes[] = {
    {"b1", DType::kBool},    {"i1", DType::kInt8},    {"u1", DType::kUInt8},
    {"i2", DType::kInt16},   {"u2", DType::kUInt16},  {"i4", DType::kInt32},
    {"u4", DType::kUInt32},  {"i8", DType::kInt64},   {"u8", DType::kUInt64},
    {"f2", DType::kFloat16}, {"f4", DType::kFloat32}, {"f8", DType::kFloat64},
};

absl::StatusOr<DType> FindType(absl::string_view name) {
  absl::string_view type = name;
  if (!type.empty() && absl::StrContains("<>=|", type.substr(0, 1))) {
    type.remove_prefix(1);
  }
  for (const NpyType& known : kTypes) {
    if (known.name == type) return known.dtype;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "its type is \"", absl::CHexEscape(name),
      "\"; bool, integers, float16, float32 and float64 can be read"));
}

// Dimensions of 0 are left out of the product, which thus bounds the product of
// any part of the shape. None if no memory holds so much.
std::optional<size_t> CountBytes(const TensorSpec& spec) {
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  uint64_t bytes = ElementSize(spec.dtype);
  bool is_empty = false;
  for (const int64_t dimension : spec.shape) {
    is_empty |= dimension == 0;
    const auto size = static_cast<uint64_t>(std::max<int64_t>(dimension, 1));
    if (bytes > kMost / size) return std::nullopt;
    bytes *= size;
  }
  return is_empty ? 0 : bytes;
}

// Copies values whose first dimension varies fastest to where their last does.
void CopyColumnMajor(absl::string_view values, size_t element_size,
                     Tensor& tensor) {
  const Shape& shape = tensor.shape();
  Shape place(shape.size(), 0), strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) {
    strides[i - 1] = strides[i] * shape[i];
  }
  int64_t target = 0;
  for (int64_t i = 0; i < tensor.size(); ++i) {
    std::memcpy(tensor.mutable_bytes().data() + target * element_size,
                values.data() + i * element_size, element_size);
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      target += strides[axis];
      if (++place[axis] < shape[axis]) break;
      target -= strides[axis] * shape[axis];
      place[axis] = 0;
    }
  }
}

void SwapBytes(size_t element_size, absl::Span<std::byte> bytes) {
  for (size_t i = 0; i < bytes.size(); i += element_size) {
    std::reverse(bytes.begin() + i, bytes.begin() + i + element_size);
  }
}

}  // namespace

absl::StatusOr<Tensor> DecodeNpy(absl::string_view content) {
  absl::string_view values = content;
  CAIRN_ASSIGN_OR_RETURN(const NpyHeader header, ConsumeHeader(values));
  CAIRN_ASSIGN_OR_RETURN(const DType dtype, FindType(header.type));
  const TensorSpec spec{.dtype = dtype, .shape = header.shape};
  const std::optional<size_t> wanted = CountBytes(spec);
  if (wanted != values.size()) {
    return absl::DataLossError(
        absl::StrCat("at byte ", content.size() - values.size(), ": ",
                     SpecToString(spec), " takes ",
                     wanted.has_value() ? absl::StrCat(*wanted)
                                        : std::string("more than 2^63"),
                     " bytes, and ", values.size(), " follow"));
  }
  Tensor tensor = Tensor::Zeros(spec);
  if (values.empty()) return tensor;
  const size_t element_size = ElementSize(dtype);
  if (header.column_major) {
    CopyColumnMajor(values, element_size, tensor);
  } else {
    std::memcpy(tensor.mutable_bytes().data(), values.data(), values.size());
  }
  const absl::Span<std::byte> bytes = tensor.mutable_bytes();
  if (header.type[0] == '>') SwapBytes(element_size, bytes);
  if (dtype == DType::kBool &&
      std::any_of(bytes.begin(), bytes.end(),
                  [](std::byte byte) { return byte > std::byte{1}; })) {
    return absl::DataLossError("a bool is neither 0 nor 1");
  }
  return tensor;
}

absl::StatusOr<Tensor> ReadNpy(const std::string& path) {
  CAIRN_ASSIGN_OR_RETURN(PlainOrGzipFile file, PlainOrGzipFile::Open(path));
  constexpr size_t kFirst = size_t{1} << 20;
  std::string content;
  for (size_t size = 0;; size = content.size()) {
    content.resize(std::max(kFirst, 2 * size));
    const auto rest =
        absl::MakeSpan(reinterpret_cast<std::byte*>(content.data()) + size,
                       content.size() - size);
    CAIRN_ASSIGN_OR_RETURN(const size_t count, file.Read(rest));
    if (count == rest.size()) continue;
    content.resize(size + count);
    break;
  }
  auto tensor = DecodeNpy(content);
  if (!tensor.ok()) return Annotate(tensor.status(), path);
  return tensor;
}

}  // namespace cairn
