#ifndef CAIRN_TOOLS_CAIRN_VERB_H_
#define CAIRN_TOOLS_CAIRN_VERB_H_

#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace cairn {

// What a person asked of a verb.
struct Invocation {
  std::vector<std::string> arguments;  // As many as the verb has.
  std::set<std::string> flags;         // Some of those the verb has.
};

// One thing that `cairn` can do. Each is a file that registers itself.
struct Verb {
  std::string name;                    // "inspect"
  std::vector<std::string> arguments;  // What help calls them: "CHECKPOINT".
  std::vector<std::string> flags;      // "--json"
  std::string purpose;                 // One line for `cairn help`.
  // Writes its answer to `out`. Paths are as typed: see UserPath().
  absl::Status (*run)(const Invocation& invocation, std::ostream& out);
};

// "inspect CHECKPOINT [--json]".
std::string UsageOf(const Verb& verb);

// All of them, by name.
std::vector<const Verb*> Verbs();

// Adds a verb. A name registered twice ends the process.
struct VerbRegistrar {
  explicit VerbRegistrar(Verb verb);
};

// Does what the words after "cairn" ask for. Returns the exit code: 0, 1 for a
// verb that failed, 2 for words that ask for nothing there is.
int RunCommandLine(const std::vector<std::string>& words, std::ostream& out,
                   std::ostream& errors);

}  // namespace cairn

#endif  // CAIRN_TOOLS_CAIRN_VERB_H_
