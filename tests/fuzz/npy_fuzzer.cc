// An array file of numpy's.
#include "core/base/check.h"
#include "core/data/readers/npy.h"
#include "tests/fuzz/target.h"

namespace cairn {

bool ReadHostileInput(absl::string_view input) {
  const absl::StatusOr<Tensor> tensor = DecodeNpy(input);
  if (!tensor.ok()) return false;
  CAIRN_CHECK(tensor->bytes().size() < input.size());
  return true;
}

}  // namespace cairn
