#ifndef CAIRN_CORE_TENSOR_SHAPE_H_
#define CAIRN_CORE_TENSOR_SHAPE_H_

#include <cstdint>
#include <string>

#include "absl/container/inlined_vector.h"
#include "core/tensor/dtype.h"

namespace cairn {

inline constexpr int64_t kDynamic = -1;  // A dimension known only per batch.
using Shape = absl::InlinedVector<int64_t, 4>;

// The product of the dimensions; 1 for a scalar. REQUIRES: IsStatic(shape).
int64_t ElementCount(const Shape& shape);

// Whether no dimension is kDynamic.
bool IsStatic(const Shape& shape);

// "(None, 784)", with None for a dynamic dimension, as Keras prints it.
std::string ShapeToString(const Shape& shape);

struct TensorSpec {
  DType dtype = DType::kFloat32;
  Shape shape;

  friend bool operator==(const TensorSpec&, const TensorSpec&) = default;
};

// REQUIRES: the shape is static.
size_t ByteSize(const TensorSpec& spec);

// "float32 (None, 784)".
std::string SpecToString(const TensorSpec& spec);

}  // namespace cairn

#endif  // CAIRN_CORE_TENSOR_SHAPE_H_
