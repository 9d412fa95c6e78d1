#ifndef CAIRN_TESTS_SUPPORT_MEMORY_LIMIT_H_
#define CAIRN_TESTS_SUPPORT_MEMORY_LIMIT_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace cairn {

// From now on this process gets no more than so many bytes beyond those it has,
// for good; to ask for more ends it. A sanitizer takes memory of its own, so in
// its build there is no limit.
absl::Status LimitMemory(int64_t bytes);

// Whether `run` returns OK in a copy of this process, which then ends. What it
// returns else is on standard error. REQUIRES: no other thread runs.
bool SucceedsApart(absl::FunctionRef<absl::Status()> run);

}  // namespace cairn

#endif  // CAIRN_TESTS_SUPPORT_MEMORY_LIMIT_H_
