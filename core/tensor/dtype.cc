#include "core/tensor/dtype.h"

#include "core/base/check.h"

namespace cairn {
namespace {

struct DTypeFacts {
  DType dtype;
  absl::string_view name;
  size_t size;
  bool floating;
};

// In the order of the enum.
constexpr DTypeFacts kFacts[] = {
    {DType::kFloat32, "float32", 4, true},
    {DType::kFloat64, "float64", 8, true},
    {DType::kBFloat16, "bfloat16", 2, true},
    {DType::kInt32, "int32", 4, false},
    {DType::kInt64, "int64", 8, false},
    {DType::kUInt8, "uint8", 1, false},
    {DType::kBool, "bool", 1, false},
    {DType::kFloat16, "float16", 2, true},
    {DType::kInt8, "int8", 1, false},
    {DType::kInt16, "int16", 2, false},
    {DType::kUInt16, "uint16", 2, false},
    {DType::kUInt32, "uint32", 4, false},
    {DType::kUInt64, "uint64", 8, false},
};

const DTypeFacts& FactsOf(DType dtype) {
  const DTypeFacts& facts = kFacts[static_cast<size_t>(dtype)];
  CAIRN_CHECK(facts.dtype == dtype);
  return facts;
}

}  // namespace

size_t ElementSize(DType dtype) { return FactsOf(dtype).size; }

absl::string_view DTypeName(DType dtype) { return FactsOf(dtype).name; }

std::optional<DType> DTypeFromName(absl::string_view name) {
  for (const DTypeFacts& facts : kFacts) {
    if (facts.name == name) return facts.dtype;
  }
  return std::nullopt;
}

bool IsFloating(DType dtype) { return FactsOf(dtype).floating; }

}  // namespace cairn
