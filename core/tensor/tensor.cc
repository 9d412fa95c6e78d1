#include "core/tensor/tensor.h"

#include <cstring>
#include <utility>

#include "core/tensor/aligned_buffer.h"

namespace cairn {

Tensor::Tensor(const TensorSpec& spec)
    : spec_(spec), buffer_(MakeAlignedBuffer(ByteSize(spec))) {}

Tensor::Tensor(const TensorSpec& spec, std::shared_ptr<std::byte[]> buffer,
               std::shared_ptr<const TensorContent> content)
    : spec_(spec), buffer_(std::move(buffer)), content_(std::move(content)) {}

Tensor Tensor::Unset(const TensorSpec& spec) {
  return Tensor(spec, MakeUnsetBuffer(ByteSize(spec)), nullptr);
}

std::vector<Tensor> Tensor::UnsetTogether(
    const std::vector<TensorSpec>& specs) {
  std::vector<size_t> places;
  size_t size = 0;
  for (const TensorSpec& spec : specs) {
    const size_t bytes = ByteSize(spec);
    size = bytes >= kOnPageFrom ? RoundUp(size, kPage)
                                : RoundUp(size, kBufferAlignment);
    places.push_back(size);
    size += bytes;
  }
  const std::shared_ptr<std::byte[]> memory = MakeUnsetBuffer(size);
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < specs.size(); ++i) {
    tensors.push_back(
        Tensor(specs[i],
               std::shared_ptr<std::byte[]>(memory, memory.get() + places[i]),
               nullptr));
  }
  return tensors;
}

std::vector<Tensor> Tensor::ZerosTogether(
    const std::vector<TensorSpec>& specs) {
  std::vector<TensorSpec> small;
  for (const TensorSpec& spec : specs) {
    if (ByteSize(spec) < kOnPageFrom) small.push_back(spec);
  }
  std::vector<Tensor> together = UnsetTogether(small);
  std::vector<Tensor> tensors;
  size_t next = 0;
  for (const TensorSpec& spec : specs) {
    if (ByteSize(spec) >= kOnPageFrom) {
      // Not on a page, unlike those of UnsetTogether(): see MakeAlignedBuffer.
      tensors.push_back(Zeros(spec));
      continue;
    }
    Tensor tensor = std::move(together[next++]);
    // With what is between it and the next.
    const absl::Span<std::byte> bytes = tensor.mutable_bytes();
    std::memset(bytes.data(), 0, RoundUpToAlignment(bytes.size()));
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

Tensor Tensor::Stored(const TensorSpec& spec,
                      std::shared_ptr<const TensorContent> content) {
  CAIRN_CHECK(content != nullptr);
  return Tensor(spec, nullptr, std::move(content));
}

absl::Status Tensor::CopyTo(absl::Span<std::byte> destination,
                            int64_t offset) const {
  const auto size = static_cast<int64_t>(ByteSize(spec_));
  CAIRN_CHECK(offset >= 0 && offset <= size);
  CAIRN_CHECK(static_cast<int64_t>(destination.size()) <= size - offset);
  if (is_stored()) return content_->Read(offset, destination);
  if (!destination.empty()) {
    std::memcpy(destination.data(), buffer_.get() + offset, destination.size());
  }
  return absl::OkStatus();
}

absl::StatusOr<Tensor> Tensor::Load() const {
  if (!is_stored()) return *this;
  Tensor loaded = Unset(spec_);
  const absl::Status status = CopyTo(loaded.mutable_bytes());
  if (!status.ok()) return status;
  return loaded;
}

absl::Span<const std::byte> Tensor::bytes() const {
  CAIRN_CHECK(!is_stored());
  return {buffer_.get(), ByteSize(spec_)};
}

absl::Span<std::byte> Tensor::mutable_bytes() {
  CAIRN_CHECK(!is_stored());
  return {buffer_.get(), ByteSize(spec_)};
}

Tensor Tensor::Clone() const {
  CAIRN_CHECK(!is_stored());
  Tensor copy = Unset(spec_);
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
