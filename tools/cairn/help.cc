// `cairn help`: what there is.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/status_macros.h"
#include "tools/cairn/table.h"
#include "tools/cairn/verb.h"

namespace cairn {
namespace {

absl::StatusOr<Answer> PrintHelp(const Invocation& invocation,
                                 std::ostream& out) {
  if (!invocation.arguments.empty()) {
    CAIRN_ASSIGN_OR_RETURN(const Verb* const verb,
                           FindVerb(invocation.arguments[0]));
    out << HelpOf(*verb);
    return Answer::kYes;
  }
  Table table({{"command"}, {"what it does"}});
  for (const Verb* verb : Verbs()) {
    table.AddRow({absl::StrCat(verb->name, verb->arguments.empty() ? "" : " ",
                               absl::StrJoin(verb->arguments, " ")),
                  verb->purpose});
  }
  out << table.ToString()
      << "\n\"cairn help COMMAND\" tells its options. Exit codes: 0 done; 1 "
         "failed, "
         "damaged or\ndifferent; 2 asked wrongly.\n";
  return Answer::kYes;
}

const VerbRegistrar registrar({.name = "help",
                               .arguments = {"[COMMAND]"},
                               .purpose = "list the commands, or explain one",
                               .failure_code = 2,
                               .run = PrintHelp});

}  // namespace
}  // namespace cairn
