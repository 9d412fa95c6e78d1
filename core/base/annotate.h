#ifndef CAIRN_CORE_BASE_ANNOTATE_H_
#define CAIRN_CORE_BASE_ANNOTATE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cairn {

// Puts `context` and ": " before the message of an error; OK stays OK. For the
// caller that knows what the callee did not, such as a path.
absl::Status Annotate(const absl::Status& status, absl::string_view context);

}  // namespace cairn

#endif  // CAIRN_CORE_BASE_ANNOTATE_H_
