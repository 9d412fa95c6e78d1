// `cairn help`: what there is.
#include "tools/cairn/table.h"
#include "tools/cairn/verb.h"

namespace cairn {
namespace {

absl::Status PrintHelp(const Invocation&, std::ostream& out) {
  Table table({{"command"}, {"what it does"}});
  for (const Verb* verb : Verbs()) {
    table.AddRow({UsageOf(*verb), verb->purpose});
  }
  out << table.ToString();
  return absl::OkStatus();
}

const VerbRegistrar registrar({.name = "help",
                               .purpose = "list the commands",
                               .run = PrintHelp});

}  // namespace
}  // namespace cairn
