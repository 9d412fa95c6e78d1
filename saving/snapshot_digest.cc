#include "saving/snapshot_digest.h"

#include <cstdint>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "saving/codec/crc32c.h"

namespace cairn {
namespace {

uint32_t ChecksumOf(const std::vector<NamedTensor>& tensors) {
  // By name: files and models have them in different orders.
  std::map<absl::string_view, const Tensor*> sorted;
  for (const NamedTensor& tensor : tensors) {
    sorted[tensor.name] = &tensor.value;
  }
  uint32_t crc = 0;
  for (const auto& [name, tensor] : sorted) {
    crc = Crc32c(
        absl::MakeConstSpan(reinterpret_cast<const std::byte*>(name.data()),
                            name.size()),
        crc);
    crc = Crc32c(tensor->bytes(), crc);
  }
  return crc;
}

}  // namespace

std::string SnapshotDigest(const Snapshot& snapshot) {
  const auto run = snapshot.extras.find(kRunExtras);
  return absl::StrCat(
      absl::Hex(ChecksumOf(snapshot.weights), absl::kZeroPad8), "-",
      absl::Hex(ChecksumOf(snapshot.optimizer), absl::kZeroPad8), "-",
      absl::Hex(
          run == snapshot.extras.end() ? 0 : ChecksumOf(run->second.tensors),
          absl::kZeroPad8));
}

}  // namespace cairn
