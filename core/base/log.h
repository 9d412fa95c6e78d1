#ifndef CAIRN_CORE_BASE_LOG_H_
#define CAIRN_CORE_BASE_LOG_H_

#include "absl/strings/string_view.h"

namespace cairn {

// Writes "cairn: warning: <message>" to standard error. Thread-safe. For what
// a person must hear of although the call goes on: a skipped checkpoint, a
// loss that is not a number.
void LogWarning(absl::string_view message);

// Writes "cairn: <message>" to standard error. Thread-safe.
void LogInfo(absl::string_view message);

}  // namespace cairn

#endif  // CAIRN_CORE_BASE_LOG_H_
