// `cairn version`: which Cairn this is.
#include "core/base/version.h"

#include <string>

#include "tools/cairn/verb.h"

namespace cairn {
namespace {

absl::StatusOr<Answer> PrintVersion(const Invocation&, std::ostream& out) {
  out << "cairn " << std::string(Version()) << "\n";
  return Answer::kYes;
}

const VerbRegistrar registrar({.name = "version",
                               .purpose = "print the version of Cairn",
                               .run = PrintVersion});

}  // namespace
}  // namespace cairn
