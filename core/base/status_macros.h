#ifndef CAIRN_CORE_BASE_STATUS_MACROS_H_
#define CAIRN_CORE_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function when `expression` is not OK.
#define CAIRN_RETURN_IF_ERROR(expression)          \
  do {                                             \
    ::absl::Status cairn_status_ = (expression);   \
    if (!cairn_status_.ok()) return cairn_status_; \
  } while (false)

// Assigns the value of a StatusOr to `lhs`, which may be a declaration, or
// returns its error.
#define CAIRN_ASSIGN_OR_RETURN(lhs, expression)                        \
  CAIRN_ASSIGN_OR_RETURN_(CAIRN_CONCAT_(cairn_result_, __LINE__), lhs, \
                          expression)

#define CAIRN_ASSIGN_OR_RETURN_(result, lhs, expression) \
  auto result = (expression);                            \
  if (!result.ok()) return std::move(result).status();   \
  lhs = *std::move(result)

#define CAIRN_CONCAT_(a, b) CAIRN_CONCAT_INNER_(a, b)
#define CAIRN_CONCAT_INNER_(a, b) a##b

#endif  // CAIRN_CORE_BASE_STATUS_MACROS_H_
