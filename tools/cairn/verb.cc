#include "tools/cairn/verb.h"

#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/check.h"
#include "core/base/custom_objects.h"
#include "core/base/status_macros.h"
#include "tools/cairn/table.h"

namespace cairn {
namespace {

std::map<std::string, Verb>& Registered() {
  static auto* const verbs = new std::map<std::string, Verb>();
  return *verbs;
}

bool IsRepeated(const std::string& argument) {
  return absl::EndsWith(argument, "...");
}

bool IsOptional(const std::string& argument) {
  return absl::StartsWith(argument, "[");
}

absl::Status Misuse(const Verb& verb, const std::string& what) {
  return absl::InvalidArgumentError(
      absl::StrCat(what, "; usage: cairn ", UsageOf(verb)));
}

// Reads the words behind the verb's name.
class InvocationReader {
 public:
  InvocationReader(const Verb& verb, const std::vector<std::string>& words)
      : verb_(verb), words_(words) {}

  absl::StatusOr<Invocation> Read() {
    for (next_ = 1; next_ < words_.size();) {
      const std::string& word = words_[next_++];
      if (only_arguments_ || word.size() < 2 || word[0] != '-') {
        invocation_.arguments.push_back(word);
      } else if (word == "--") {
        only_arguments_ = true;
      } else {
        CAIRN_RETURN_IF_ERROR(ReadOption(word));
      }
    }
    CAIRN_RETURN_IF_ERROR(CheckArguments());
    for (const VerbOption& option : verb_.options) {
      if (option.required && !invocation_.Has(option.name)) {
        return Misuse(verb_, absl::StrCat(option.name, " is missing"));
      }
    }
    return std::move(invocation_);
  }

 private:
  absl::Status ReadOption(const std::string& word) {
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const auto option =
        std::find_if(verb_.options.begin(), verb_.options.end(),
                     [&](const VerbOption& one) { return one.name == name; });
    if (option == verb_.options.end()) {
      return Misuse(verb_, absl::StrCat("unknown flag \"", name, "\""));
    }
    if (!option->repeated && invocation_.Has(name)) {
      return Misuse(verb_, absl::StrCat(name, " is given twice"));
    }
    std::string value;
    if (option->value.empty() && equals != std::string::npos) {
      return Misuse(verb_, absl::StrCat(name, " takes no value"));
    }
    if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (!option->value.empty() && next_ < words_.size()) {
      value = words_[next_++];
    }
    if (!option->value.empty() && value.empty()) {
      return Misuse(verb_,
                    absl::StrCat(name, " needs a value, ", option->value));
    }
    invocation_.options.emplace_back(name, value);
    return absl::OkStatus();
  }

  absl::Status CheckArguments() const {
    const size_t given = invocation_.arguments.size();
    const size_t most = verb_.arguments.size();
    const bool repeated = most > 0 && IsRepeated(verb_.arguments.back());
    const bool optional = most > 0 && IsOptional(verb_.arguments.back());
    const size_t least = optional ? most - 1 : most;
    if (given >= least && (given <= most || repeated)) {
      return absl::OkStatus();
    }
    return Misuse(verb_, absl::StrCat("expected ",
                                      repeated   ? "at least "
                                      : optional ? "at most "
                                                 : "",
                                      most, " argument", most == 1 ? "" : "s",
                                      ", got ", given));
  }

  const Verb& verb_;
  const std::vector<std::string>& words_;
  size_t next_ = 0;
  bool only_arguments_ = false;
  Invocation invocation_;
};

void PrintError(const absl::Status& status, std::ostream& errors) {
  errors << "cairn: " << std::string(status.message()) << "\n";
}

// Whether "--help" is among the words that may be options.
bool AsksForHelp(const std::vector<std::string>& words) {
  const auto end = std::find(words.begin(), words.end(), "--");
  return std::find(words.begin() + 1, end, "--help") != end;
}

std::string OptionUsage(const VerbOption& option) {
  return option.value.empty() ? option.name
                              : absl::StrCat(option.name, " ", option.value);
}

}  // namespace

bool Invocation::Has(const std::string& option) const {
  return ValueOf(option).has_value();
}

std::optional<std::string> Invocation::ValueOf(
    const std::string& option) const {
  for (const auto& [name, value] : options) {
    if (name == option) return value;
  }
  return std::nullopt;
}

std::string UsageOf(const Verb& verb) {
  std::vector<std::string> words = {verb.name};
  words.insert(words.end(), verb.arguments.begin(), verb.arguments.end());
  for (const VerbOption& option : verb.options) {
    const std::string usage = OptionUsage(option);
    words.push_back(
        option.required
            ? usage
            : absl::StrCat("[", usage, "]", option.repeated ? "..." : ""));
  }
  return absl::StrJoin(words, " ");
}

std::string HelpOf(const Verb& verb) {
  std::string text =
      absl::StrCat("usage: cairn ", UsageOf(verb), "\n\n", verb.purpose, "\n");
  if (!verb.details.empty()) absl::StrAppend(&text, "\n", verb.details, "\n");
  if (verb.options.empty()) return text;
  Table table({{"option"}, {"what it does"}});
  for (const VerbOption& option : verb.options) {
    table.AddRow({OptionUsage(option), option.purpose});
  }
  return absl::StrCat(text, "\n", table.ToString());
}

std::vector<const Verb*> Verbs() {
  std::vector<const Verb*> verbs;
  for (const auto& [name, verb] : Registered()) verbs.push_back(&verb);
  return verbs;
}

absl::StatusOr<const Verb*> FindVerb(const std::string& name) {
  const auto found = Registered().find(name);
  if (found != Registered().end()) return &found->second;
  std::vector<std::string> names;
  for (const Verb* verb : Verbs()) names.push_back(verb->name);
  return UnknownName("command", name, names);
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
  if (AsksForHelp(words)) {
    out << HelpOf(**verb);
    return 0;
  }
  const absl::StatusOr<Invocation> invocation =
      InvocationReader(**verb, words).Read();
  if (!invocation.ok()) {
    PrintError(invocation.status(), errors);
    return kMisused;
  }
  const absl::StatusOr<Answer> answer = (*verb)->run(*invocation, out);
  if (!answer.ok()) {
    PrintError(answer.status(), errors);
    return (*verb)->failure_code;
  }
  // Half of an answer, such as on a full disk, must not pass for one.
  if (!out.flush()) {
    errors << "cairn: the output cannot be written\n";
    return (*verb)->failure_code;
  }
  return *answer == Answer::kYes ? 0 : kFailed;
}

}  // namespace cairn
