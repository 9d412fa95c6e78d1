#ifndef CAIRN_CORE_MODEL_SUMMARY_H_
#define CAIRN_CORE_MODEL_SUMMARY_H_

#include <string>

#include "absl/status/statusor.h"
#include "core/model/functional.h"

namespace cairn {

// Keras's table: a row per layer with its output shape and its number of
// parameters, then the totals. 65 columns wide. Builds the model if it knows
// the shape of its input; FailedPrecondition if it does not.
absl::StatusOr<std::string> Summary(Functional& model);

}  // namespace cairn

#endif  // CAIRN_CORE_MODEL_SUMMARY_H_
