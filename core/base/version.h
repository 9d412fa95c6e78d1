#ifndef CAIRN_CORE_BASE_VERSION_H_
#define CAIRN_CORE_BASE_VERSION_H_

#include "absl/strings/string_view.h"

namespace cairn {

// Cairn's own version, "0.1.0".
absl::string_view Version();

}  // namespace cairn

#endif  // CAIRN_CORE_BASE_VERSION_H_
