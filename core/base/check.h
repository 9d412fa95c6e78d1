#ifndef CAIRN_CORE_BASE_CHECK_H_
#define CAIRN_CORE_BASE_CHECK_H_

namespace cairn {

// Prints the condition and where it stands, then ends the process.
[[noreturn]] void CheckFailed(const char* condition, const char* file,
                              int line);

}  // namespace cairn

// For what the program itself guarantees. What a user or a file can get wrong
// is a Status.
#define CAIRN_CHECK(condition)  \
  (static_cast<bool>(condition) \
       ? static_cast<void>(0)   \
       : ::cairn::CheckFailed(#condition, __FILE__, __LINE__))

#endif  // CAIRN_CORE_BASE_CHECK_H_
