#include "tools/cairn/verb.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/check.h"
#include "core/base/custom_objects.h"
#include "core/base/status_macros.h"

namespace cairn {
namespace {

std::map<std::string, Verb>& Registered() {
  static auto* const verbs = new std::map<std::string, Verb>();
  return *verbs;
}

absl::StatusOr<const Verb*> FindVerb(const std::string& name) {
  const auto found = Registered().find(name);
  if (found != Registered().end()) return &found->second;
  std::vector<std::string> names;
  for (const Verb* verb : Verbs()) names.push_back(verb->name);
  return UnknownName("command", name, names);
}

absl::StatusOr<Invocation> ReadInvocation(
    const Verb& verb, const std::vector<std::string>& words) {
  Invocation invocation;
  for (auto word = words.begin() + 1; word != words.end(); ++word) {
    if (!absl::StartsWith(*word, "--")) {
      invocation.arguments.push_back(*word);
      continue;
    }
    if (std::count(verb.flags.begin(), verb.flags.end(), *word) == 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          "unknown flag \"", *word, "\"; usage: cairn ", UsageOf(verb)));
    }
    invocation.flags.insert(*word);
  }
  if (invocation.arguments.size() != verb.arguments.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected ", verb.arguments.size(), " argument",
        verb.arguments.size() == 1 ? "" : "s", ", got ",
        invocation.arguments.size(), "; usage: cairn ", UsageOf(verb)));
  }
  return invocation;
}

void PrintError(const absl::Status& status, std::ostream& errors) {
  errors << "cairn: " << std::string(status.message()) << "\n";
}

}  // namespace

std::string UsageOf(const Verb& verb) {
  std::vector<std::string> words = {verb.name};
  words.insert(words.end(), verb.arguments.begin(), verb.arguments.end());
  for (const std::string& flag : verb.flags) {
    words.push_back(absl::StrCat("[", flag, "]"));
  }
  return absl::StrJoin(words, " ");
}

std::vector<const Verb*> Verbs() {
  std::vector<const Verb*> verbs;
  for (const auto& [name, verb] : Registered()) verbs.push_back(&verb);
  return verbs;
}

VerbRegistrar::VerbRegistrar(Verb verb) {
  std::string name = verb.name;
  CAIRN_CHECK(Registered().emplace(std::move(name), std::move(verb)).second);
}

int RunCommandLine(const std::vector<std::string>& words, std::ostream& out,
                   std::ostream& errors) {
  constexpr int kFailed = 1, kMisused = 2;
  if (words.empty()) {
    errors << "cairn: say what to do; \"cairn help\" lists the commands\n";
    return kMisused;
  }
  const absl::StatusOr<const Verb*> verb =
      FindVerb(words[0] == "--help" ? "help" : words[0]);
  if (!verb.ok()) {
    PrintError(verb.status(), errors);
    return kMisused;
  }
  const absl::StatusOr<Invocation> invocation = ReadInvocation(**verb, words);
  if (!invocation.ok()) {
    PrintError(invocation.status(), errors);
    return kMisused;
  }
  const absl::Status done = (*verb)->run(*invocation, out);
  if (done.ok()) return 0;
  PrintError(done, errors);
  return kFailed;
}

}  // namespace cairn
