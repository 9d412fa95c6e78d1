#include "core/tensor/tensor.h"

#include <cstring>

#include "core/tensor/aligned_buffer.h"

namespace cairn {

Tensor::Tensor(const TensorSpec& spec)
    : spec_(spec), buffer_(MakeAlignedBuffer(ByteSize(spec))) {}

absl::Span<const std::byte> Tensor::bytes() const {
  return {buffer_.get(), ByteSize(spec_)};
}

absl::Span<std::byte> Tensor::mutable_bytes() {
  return {buffer_.get(), ByteSize(spec_)};
}

Tensor Tensor::Clone() const {
  Tensor copy(spec_);
  std::memcpy(copy.buffer_.get(), buffer_.get(), ByteSize(spec_));
  return copy;
}

Tensor Tensor::Reshaped(const Shape& shape) const {
  CAIRN_CHECK(ElementCount(shape) == size());
  Tensor result = *this;
  result.spec_.shape = shape;
  return result;
}

}  // namespace cairn
