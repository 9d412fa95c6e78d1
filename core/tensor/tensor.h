#ifndef CAIRN_CORE_TENSOR_TENSOR_H_
#define CAIRN_CORE_TENSOR_TENSOR_H_

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "core/base/check.h"
#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

namespace cairn {

// A dense row-major array. Copies share the buffer; Clone() copies it. The
// buffer starts at a multiple of 64 bytes.
class Tensor {
 public:
  // A float32 scalar, 0.
  Tensor() : Tensor(TensorSpec()) {}

  // REQUIRES: spec's shape is static.
  static Tensor Zeros(const TensorSpec& spec) { return Tensor(spec); }
  // Copies `values`. REQUIRES: as many as `shape` has elements.
  template <typename T>
  static Tensor FromValues(absl::Span<const T> values, const Shape& shape);
  template <typename T>
  static Tensor FromValues(std::initializer_list<T> values,
                           const Shape& shape) {
    return FromValues(absl::MakeConstSpan(values.begin(), values.size()),
                      shape);
  }
  template <typename T>
  static Tensor Scalar(T value) {
    return FromValues<T>({value}, {});
  }

  const TensorSpec& spec() const { return spec_; }
  DType dtype() const { return spec_.dtype; }
  const Shape& shape() const { return spec_.shape; }
  int64_t size() const { return ElementCount(spec_.shape); }

  // REQUIRES: T matches spec().dtype.
  template <typename T>
  absl::Span<const T> values() const;
  template <typename T>
  absl::Span<T> mutable_values();

  absl::Span<const std::byte> bytes() const;
  absl::Span<std::byte> mutable_bytes();

  Tensor Clone() const;
  // The same buffer under another shape. REQUIRES: as many elements.
  Tensor Reshaped(const Shape& shape) const;

 private:
  explicit Tensor(const TensorSpec& spec);

  TensorSpec spec_;
  std::shared_ptr<std::byte[]> buffer_;
};

struct NamedTensor {
  std::string name;
  Tensor value;
};

template <typename T>
absl::Span<const T> Tensor::values() const {
  CAIRN_CHECK(DTypeOf<T>() == spec_.dtype);
  // With braces, bool would be taken for a list of two truths.
  return absl::Span<const T>(reinterpret_cast<const T*>(buffer_.get()),
                             static_cast<size_t>(size()));
}

template <typename T>
absl::Span<T> Tensor::mutable_values() {
  CAIRN_CHECK(DTypeOf<T>() == spec_.dtype);
  return absl::Span<T>(reinterpret_cast<T*>(buffer_.get()),
                       static_cast<size_t>(size()));
}

template <typename T>
Tensor Tensor::FromValues(absl::Span<const T> values, const Shape& shape) {
  Tensor tensor = Zeros({.dtype = DTypeOf<T>(), .shape = shape});
  CAIRN_CHECK(static_cast<int64_t>(values.size()) == tensor.size());
  const absl::Span<T> destination = tensor.mutable_values<T>();
  for (size_t i = 0; i < values.size(); ++i) destination[i] = values[i];
  return tensor;
}

}  // namespace cairn

#endif  // CAIRN_CORE_TENSOR_TENSOR_H_
