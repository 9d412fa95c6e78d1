#include "core/layer/call_context.h"

#include "absl/strings/str_cat.h"
#include "core/base/philox.h"

namespace cairn {

RandomSource CallContext::NextRandomSource() const {
  const int draw = trace_->draws[path_]++;
  const uint64_t key = StreamKey(trace_->seed, absl::StrCat(path_, "#", draw));
  return {static_cast<int64_t>(key), trace_->random_counter};
}

CallContext CallContext::Below(const Layer* layer,
                               absl::string_view name) const {
  CallContext below = *this;
  below.layer_ = layer;
  // The root has no parent: its name is no part of a path.
  if (layer_ != nullptr) {
    below.path_ =
        path_.empty() ? std::string(name) : absl::StrCat(path_, "/", name);
  }
  return below;
}

}  // namespace cairn
