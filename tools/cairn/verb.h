#ifndef CAIRN_TOOLS_CAIRN_VERB_H_
#define CAIRN_TOOLS_CAIRN_VERB_H_

#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace cairn {

// What a person asked of a verb.
struct Invocation {
  // As many as the verb takes.
  std::vector<std::string> arguments;
  // Name and value of each option given, in order; a flag's value is empty.
  std::vector<std::pair<std::string, std::string>> options;

  bool Has(const std::string& option) const;
  // Of an option that can be given once.
  std::optional<std::string> ValueOf(const std::string& option) const;
};

// "--json", or with a value "--out PREFIX". Given as one word or two:
// "--out=x" or "--out x".
struct VerbOption {
  std::string name;
  std::string value;    // What help calls its value; empty: it is a flag.
  std::string purpose;  // A few words for `cairn help VERB`.
  bool required = false;
  bool repeated = false;  // It may be given several times.
};

// What a verb found. It is the exit code 0 or 1.
enum class Answer { kYes, kNo };

// One thing that `cairn` can do. Each is a file that registers itself.
struct Verb {
  std::string name;  // "inspect"
  // What help calls them: "CHECKPOINT". The last may be "PATH...", one or more,
  // or "[COMMAND]", which may be left out.
  std::vector<std::string> arguments;
  std::vector<VerbOption> options;
  std::string purpose;  // One line for `cairn help`.
  std::string details;  // Lines for `cairn help VERB`.
  // 2 for a verb whose 1 means something else.
  int failure_code = 1;
  // Writes its answer to `out`. Paths are as typed: see UserPath().
  absl::StatusOr<Answer> (*run)(const Invocation& invocation,
                                std::ostream& out);
};

// "inspect CHECKPOINT [--json]".
std::string UsageOf(const Verb& verb);
// What `cairn help VERB` prints.
std::string HelpOf(const Verb& verb);

// All of them, by name.
std::vector<const Verb*> Verbs();
// NotFound with the names that come near.
absl::StatusOr<const Verb*> FindVerb(const std::string& name);

// Adds a verb. A name registered twice ends the process.
struct VerbRegistrar {
  explicit VerbRegistrar(Verb verb);
};

// Does what the words after "cairn" ask for. Returns the exit code: 0; 1 for a
// verb that failed or whose answer is no; 2 for words that ask for nothing
// there is. Every verb takes "--help", and "--" before arguments that begin
// with a dash.
int RunCommandLine(const std::vector<std::string>& words, std::ostream& out,
                   std::ostream& errors);

}  // namespace cairn

#endif  // CAIRN_TOOLS_CAIRN_VERB_H_
