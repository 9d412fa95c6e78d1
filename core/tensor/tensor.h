#ifndef CAIRN_CORE_TENSOR_TENSOR_H_
#define CAIRN_CORE_TENSOR_TENSOR_H_

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/base/check.h"
#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

namespace cairn {

// The bytes of a tensor that lie elsewhere, such as in a file. Thread-safe.
class TensorContent {
 public:
  virtual ~TensorContent() = default;
  // Fills `destination` from byte `offset` on. REQUIRES: the tensor has them.
  virtual absl::Status Read(int64_t offset,
                            absl::Span<std::byte> destination) const = 0;
};

// A dense row-major array. Copies share the buffer; Clone() copies it. The
// buffer starts at a multiple of 64 bytes.
class Tensor {
 public:
  // A float32 scalar, 0.
  Tensor() : Tensor(TensorSpec()) {}

  // REQUIRES: spec's shape is static.
  static Tensor Zeros(const TensorSpec& spec) { return Tensor(spec); }
  // What is in it is not known: for those who fill it. REQUIRES: as above.
  static Tensor Unset(const TensorSpec& spec);
  // The same of several in one piece of memory, which is there as long as any
  // of them: large pages serve them, and those of half a megabyte or more begin
  // on a page, as files that bypass the cache want it.
  static std::vector<Tensor> UnsetTogether(
      const std::vector<TensorSpec>& specs);
  // Zeros() of each. Those of less than half a megabyte lie one behind another
  // in one piece of memory, which is there as long as any of them.
  static std::vector<Tensor> ZerosTogether(
      const std::vector<TensorSpec>& specs);
  // One whose bytes stay where `content` has them, until CopyTo() or Load().
  static Tensor Stored(const TensorSpec& spec,
                       std::shared_ptr<const TensorContent> content);
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

  // Whether its bytes lie elsewhere. Such a tensor may be copied, and read by
  // the two functions below; what else touches its bytes ends the process.
  bool is_stored() const { return content_ != nullptr; }
  // Whether both lie in one piece of memory, as those made together may.
  bool SharesMemoryWith(const Tensor& other) const {
    return buffer_ != nullptr && !buffer_.owner_before(other.buffer_) &&
           !other.buffer_.owner_before(buffer_);
  }
  // Copies the bytes from `offset` on. An error is one of reading what is
  // stored. REQUIRES: the tensor has them.
  absl::Status CopyTo(absl::Span<std::byte> destination,
                      int64_t offset = 0) const;
  // The tensor itself, or what is stored of it in memory of its own.
  absl::StatusOr<Tensor> Load() const;

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
  Tensor(const TensorSpec& spec, std::shared_ptr<std::byte[]> buffer,
         std::shared_ptr<const TensorContent> content);

  TensorSpec spec_;
  std::shared_ptr<std::byte[]> buffer_;  // Null if it is stored.
  std::shared_ptr<const TensorContent> content_;
};

struct NamedTensor {
  std::string name;
  Tensor value;
};

template <typename T>
absl::Span<const T> Tensor::values() const {
  CAIRN_CHECK(DTypeOf<T>() == spec_.dtype && !is_stored());
  // With braces, bool would be taken for a list of two truths.
  return absl::Span<const T>(reinterpret_cast<const T*>(buffer_.get()),
                             static_cast<size_t>(size()));
}

template <typename T>
absl::Span<T> Tensor::mutable_values() {
  CAIRN_CHECK(DTypeOf<T>() == spec_.dtype && !is_stored());
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
