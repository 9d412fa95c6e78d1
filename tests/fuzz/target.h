#ifndef CAIRN_TESTS_FUZZ_TARGET_H_
#define CAIRN_TESTS_FUZZ_TARGET_H_

#include "absl/strings/string_view.h"

namespace cairn {

// What a fuzzer, or the test of its corpus, calls with any bytes: each program
// has one. Ends the process if a promise about bad input is broken. Returns
// whether the reader took the input for good.
bool ReadHostileInput(absl::string_view input);

}  // namespace cairn

#endif  // CAIRN_TESTS_FUZZ_TARGET_H_
