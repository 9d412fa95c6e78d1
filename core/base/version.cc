#include "core/base/version.h"

namespace cairn {

absl::string_view Version() { return "0.1.0"; }

}  // namespace cairn
