#ifndef CAIRN_CORE_LAYER_DEFERRED_VALUES_H_
#define CAIRN_CORE_LAYER_DEFERRED_VALUES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/graph/variable.h"

namespace cairn {

class Layer;

// Values of a file that wait for the weights of one layer, which are not made
// yet. The layer asks by its own edges while it is built.
class DeferredValues {
 public:
  virtual ~DeferredValues() = default;
  // Copies the value that waits for this weight into it; false if there is
  // none. An error if it does not fit or cannot be read. May be called again
  // for the same edge: a layer whose Build() failed is built anew.
  virtual absl::StatusOr<bool> Fill(const std::string& edge,
                                    Variable& weight) = 0;
  // Hands a child that the layer just took in the values that wait for it.
  virtual absl::Status FillChild(const std::string& edge, Layer& child) = 0;
};

}  // namespace cairn

#endif  // CAIRN_CORE_LAYER_DEFERRED_VALUES_H_
