#include "tests/support/memory_limit.h"

#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "core/base/check.h"

namespace cairn {

#ifdef CAIRN_SANITIZED

absl::Status LimitMemory(int64_t /*bytes*/) { return absl::OkStatus(); }

#else

namespace {

// Private memory of this process that can be written to.
int64_t DataBytes() {
  std::ifstream file("/proc/self/status");
  std::string word;
  int64_t kilobytes = 0;
  while (file >> word) {
    if (word == "VmData:") file >> kilobytes;
  }
  return kilobytes * 1024;
}

}  // namespace

absl::Status LimitMemory(int64_t bytes) {
  const auto most = static_cast<rlim_t>(DataBytes() + bytes);
  const rlimit limit = {most, most};
  if (::setrlimit(RLIMIT_DATA, &limit) != 0) {
    return absl::InternalError("the memory could not be limited");
  }
  return absl::OkStatus();
}

#endif

bool SucceedsApart(absl::FunctionRef<absl::Status()> run) {
  const pid_t child = ::fork();
  CAIRN_CHECK(child >= 0);
  if (child == 0) {
    const absl::Status status = run();
    if (!status.ok()) {
      std::fprintf(stderr, "%s\n", status.ToString().c_str());
    }
    ::_exit(status.ok() ? 0 : 1);
  }
  int how = 0;
  CAIRN_CHECK(::waitpid(child, &how, 0) == child);
  return WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

}  // namespace cairn
