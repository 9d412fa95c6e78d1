#ifndef CAIRN_TESTS_TOOLS_COMMAND_H_
#define CAIRN_TESTS_TOOLS_COMMAND_H_

#include <sstream>
#include <string>
#include <vector>

#include "tools/cairn/verb.h"

namespace cairn {

// What a command line did.
struct CommandResult {
  int code = 0;
  std::string out, errors;
};

inline CommandResult RunCairn(const std::vector<std::string>& words) {
  std::ostringstream out, errors;
  const int code = RunCommandLine(words, out, errors);
  return {code, out.str(), errors.str()};
}

}  // namespace cairn

#endif  // CAIRN_TESTS_TOOLS_COMMAND_H_
