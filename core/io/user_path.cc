#include "core/io/user_path.h"

#include <cstdlib>

#include "core/io/file_system.h"

namespace cairn {

std::string UserPath(const std::string& path) {
  const char* where = std::getenv("BUILD_WORKING_DIRECTORY");
  if (path.empty() || where == nullptr || *where == '\0') return path;
  return JoinPath(where, path);
}

}  // namespace cairn
