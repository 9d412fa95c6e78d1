#include "saving/codec/stored_type.h"

#include "core/base/check.h"

namespace cairn {
namespace {

constexpr StoredType kTypes[] = {
    {1, "float32", 4, 4, DType::kFloat32},
    {2, "float64", 8, 8, DType::kFloat64},
    {3, "int32", 4, 4, DType::kInt32},
    {4, "uint8", 1, 1, DType::kUInt8},
    {5, "int16", 2, 2, DType::kInt16},
    {6, "int8", 1, 1, DType::kInt8},
    {kStringTypeNumber, "string", 0, 1, {}},
    {8, "complex64", 8, 4, {}},
    {9, "int64", 8, 8, DType::kInt64},
    {10, "bool", 1, 1, DType::kBool},
    {11, "qint8", 1, 1, {}},
    {12, "quint8", 1, 1, {}},
    {13, "qint32", 4, 4, {}},
    {14, "bfloat16", 2, 2, DType::kBFloat16},
    {15, "qint16", 2, 2, {}},
    {16, "quint16", 2, 2, {}},
    {17, "uint16", 2, 2, DType::kUInt16},
    {18, "complex128", 16, 8, {}},
    {19, "float16", 2, 2, DType::kFloat16},
    {20, "resource", 0, 1, {}},
    {kVariantTypeNumber, "variant", 0, 1, {}},
    {22, "uint32", 4, 4, DType::kUInt32},
    {23, "uint64", 8, 8, DType::kUInt64},
    {24, "float8_e5m2", 1, 1, {}},
    {25, "float8_e4m3fn", 1, 1, {}},
    {26, "float8_e4m3fnuz", 1, 1, {}},
    {27, "float8_e4m3b11fnuz", 1, 1, {}},
    {28, "float8_e5m2fnuz", 1, 1, {}},
    // A byte each, though they need less.
    {29, "int4", 1, 1, {}},
    {30, "uint4", 1, 1, {}},
    {31, "int2", 1, 1, {}},
    {32, "uint2", 1, 1, {}},
};

}  // namespace

const StoredType* FindStoredType(int number) {
  for (const StoredType& type : kTypes) {
    if (type.number == number) return &type;
  }
  return nullptr;
}

const StoredType& StoredTypeOf(DType dtype) {
  for (const StoredType& type : kTypes) {
    if (type.dtype == dtype) return type;
  }
  CAIRN_CHECK(false);
  return kTypes[0];
}

}  // namespace cairn
