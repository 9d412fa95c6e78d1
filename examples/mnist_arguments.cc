#include "examples/mnist_arguments.h"

#include <algorithm>
#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/custom_objects.h"
#include "core/io/user_path.h"

namespace cairn {
namespace {

// One flag: `set` takes its value and returns whether that is one of those
// that `allowed` describes.
struct Flag {
  std::string name;
  std::string allowed;
  std::string otherwise;  // The value without the flag.
  std::string help;
  std::function<bool(const std::string& value)> set;
};

Flag NumberFlag(const std::string& name, int64_t smallest, int64_t largest,
                const std::string& help, int64_t* number) {
  return {name, absl::StrCat("a whole number from ", smallest, " to ", largest),
          absl::StrCat(*number), help, [=](const std::string& value) {
            int64_t parsed = 0;
            if (!absl::SimpleAtoi(value, &parsed) || parsed < smallest ||
                parsed > largest) {
              return false;
            }
            *number = parsed;
            return true;
          }};
}

Flag PathFlag(const std::string& name, const std::string& allowed,
              const std::string& help, std::string* path) {
  return {name, allowed, path->empty() ? "none" : *path, help,
          [=](const std::string& value) {
            *path = UserPath(value);
            return !value.empty();
          }};
}

// A flag that takes one of a few words, each with what it stands for.
template <typename T>
Flag ChoiceFlag(const std::string& name, const std::string& help,
                const std::vector<std::pair<std::string, T>>& choices,
                T* chosen) {
  const std::string words =
      absl::StrJoin(choices, ", ", [](std::string* out, const auto& choice) {
        absl::StrAppend(out, choice.first);
      });
  std::string otherwise;
  for (const auto& [word, meaning] : choices) {
    if (meaning == *chosen) otherwise = word;
  }
  return {name, absl::StrCat("one of ", words), otherwise, help,
          [=](const std::string& value) {
            for (const auto& [word, meaning] : choices) {
              if (value == word) {
                *chosen = meaning;
                return true;
              }
            }
            return false;
          }};
}

std::vector<Flag> FlagsOf(MnistArguments& arguments) {
  constexpr int64_t kMany = 1000000000;
  return {
      ChoiceFlag<std::string>(
          "model", "mlp: one hidden layer; cnn: two convolutions",
          {{"mlp", "mlp"}, {"cnn", "cnn"}}, &arguments.model),
      PathFlag("data_dir", "a folder with the four files of MNIST",
               "train on these instead of synthetic digits",
               &arguments.data_dir),
      NumberFlag("epochs", 1, kMany, "how often to go through the data",
                 &arguments.epochs),
      NumberFlag("batch_size", 1, 65536, "samples in a training step",
                 &arguments.batch_size),
      NumberFlag("threads", 0, 1024, "threads that compute; 0: every core",
                 &arguments.threads),
      {"seed", "a whole number from 0 to 18446744073709551615", "1",
       "of first weights, order and dropout",
       [&arguments](const std::string& value) {
         uint64_t seed = 0;
         if (!absl::SimpleAtoi(value, &seed)) return false;
         arguments.seed = seed;
         return true;
       }},
      PathFlag("checkpoint_dir", "a folder", "where the checkpoints go",
               &arguments.checkpoint_dir),
      NumberFlag("save_every_steps", 0, kMany,
                 "save after so many steps; 0: after each epoch",
                 &arguments.save_every_steps),
      NumberFlag("keep", 0, kMany, "how many checkpoints to keep; 0: all",
                 &arguments.keep),
      ChoiceFlag<Resume>("resume",
                         "go on with the run in checkpoint_dir: if there is "
                         "one, never, or there must be one",
                         {{"auto", Resume::kAuto},
                          {"never", Resume::kNever},
                          {"must", Resume::kMust}},
                         &arguments.resume),
      PathFlag("history", "a file",
               "write the loss and accuracy of each epoch there, as JSON",
               &arguments.history),
      ChoiceFlag<std::optional<int>>(
          "verbose",
          "0: nothing; 1: a bar; 2: a line for each epoch; auto: 1 on a "
          "terminal, else 2",
          {{"auto", std::nullopt}, {"0", 0}, {"1", 1}, {"2", 2}},
          &arguments.verbose),
      NumberFlag("limit", 0, kMany, "take the first samples only; 0: all",
                 &arguments.limit),
  };
}

const Flag* FindFlag(const std::vector<Flag>& flags, const std::string& name) {
  const auto found =
      std::find_if(flags.begin(), flags.end(),
                   [&](const Flag& flag) { return flag.name == name; });
  return found == flags.end() ? nullptr : &*found;
}

absl::Status UnknownFlag(const std::vector<Flag>& flags,
                         const std::string& name) {
  std::vector<std::string> names = {"--help"};
  for (const Flag& flag : flags) names.push_back("--" + flag.name);
  return absl::InvalidArgumentError(
      UnknownName("flag", "--" + name, names).message());
}

}  // namespace

absl::StatusOr<MnistArguments> ParseMnistArguments(
    const std::vector<std::string>& arguments) {
  MnistArguments result;
  const std::vector<Flag> flags = FlagsOf(result);
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (!absl::StartsWith(arguments[i], "--")) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", arguments[i],
                       "\" is no flag; flags look like --epochs=5, and --help "
                       "lists them"));
    }
    const std::pair<std::string, std::string> parts = absl::StrSplit(
        absl::StripPrefix(arguments[i], "--"), absl::MaxSplits('=', 1));
    const auto& [name, given] = parts;
    if (arguments[i] == "--help") {
      result.help = true;
      continue;
    }
    const Flag* flag = FindFlag(flags, name);
    if (flag == nullptr) return UnknownFlag(flags, name);
    std::string value = given;
    if (!absl::StrContains(arguments[i], '=')) {
      if (i + 1 == arguments.size()) {
        return absl::InvalidArgumentError(
            absl::StrCat("--", name, " needs a value: ", flag->allowed));
      }
      value = arguments[++i];
    }
    if (!flag->set(value)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--", name, "=", value, ": the value must be ", flag->allowed));
    }
  }
  result.checkpoint_dir = UserPath(result.checkpoint_dir);
  return result;
}

std::string MnistCommand(const std::vector<std::string>& arguments,
                         int64_t epochs) {
  std::string command = "bazel run //examples:mnist --";
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--epochs") {
      ++i;
    } else if (!absl::StartsWith(arguments[i], "--epochs=")) {
      absl::StrAppend(&command, " ", arguments[i]);
    }
  }
  return absl::StrCat(command, " --epochs=", epochs);
}

std::string MnistHelp() {
  MnistArguments defaults;
  std::string help =
      "Trains a network on handwritten digits and saves it while it trains.\n"
      "Run again, it goes on where it stopped.\n\n"
      "  bazel run //examples:mnist -- [--flag=value ...]\n\n";
  for (const Flag& flag : FlagsOf(defaults)) {
    absl::StrAppend(
        &help, absl::StrFormat("  --%-17s %s\n%22s%s; default: %s\n", flag.name,
                               flag.help, "", flag.allowed, flag.otherwise));
  }
  return help;
}

}  // namespace cairn
