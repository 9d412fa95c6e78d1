#ifndef CAIRN_CORE_IO_USER_PATH_H_
#define CAIRN_CORE_IO_USER_PATH_H_

#include <string>

namespace cairn {

// The path that a person who typed `path` means. `bazel run` starts a program
// in a folder of its own and says in BUILD_WORKING_DIRECTORY where the person
// stood: there a relative path begins. Else, and if `path` is empty or
// absolute, it is `path` itself.
std::string UserPath(const std::string& path);

}  // namespace cairn

#endif  // CAIRN_CORE_IO_USER_PATH_H_
