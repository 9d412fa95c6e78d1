// `cairn edit IN OUT`: a checkpoint with other names or values.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/annotate.h"
#include "core/base/config.h"
#include "core/base/status_macros.h"
#include "core/data/readers/npy.h"
#include "core/io/user_path.h"
#include "saving/checkpoint_edit.h"
#include "tools/cairn/verb.h"

namespace cairn {
namespace {

// "a=b" as its two parts.
absl::StatusOr<std::pair<std::string, std::string>> SplitAtEquals(
    const std::string& option, const std::string& value) {
  const size_t equals = value.find('=');
  if (equals == 0 || equals == std::string::npos ||
      equals + 1 == value.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, " \"", value,
                     "\" should have two parts and a "
                     "\"=\" between them"));
  }
  return std::make_pair(value.substr(0, equals), value.substr(equals + 1));
}

absl::StatusOr<std::vector<CheckpointChange>> ReadChanges(
    const Invocation& invocation) {
  std::vector<CheckpointChange> changes;
  for (const auto& [option, value] : invocation.options) {
    if (option == "--delete") {
      changes.push_back(
          {.kind = CheckpointChange::Kind::kDelete, .target = value});
    } else if (option == "--rename") {
      CAIRN_ASSIGN_OR_RETURN(const auto names, SplitAtEquals(option, value));
      changes.push_back({.kind = CheckpointChange::Kind::kRename,
                         .target = names.first,
                         .new_name = names.second});
    } else if (option == "--config") {
      CAIRN_ASSIGN_OR_RETURN(const auto parts, SplitAtEquals(option, value));
      const auto config = Config::FromJson(parts.second);
      if (!config.ok()) {
        return Annotate(config.status(),
                        absl::StrCat("--config ", parts.first,
                                     ": the value should be JSON, a text in "
                                     "double quotes"));
      }
      changes.push_back({.kind = CheckpointChange::Kind::kConfig,
                         .target = parts.first,
                         .config = *config});
    } else if (option == "--set" || option == "--add") {
      CAIRN_ASSIGN_OR_RETURN(const auto names, SplitAtEquals(option, value));
      CheckpointChange change{.kind = option == "--set"
                                          ? CheckpointChange::Kind::kSet
                                          : CheckpointChange::Kind::kAdd,
                              .target = names.first};
      CAIRN_ASSIGN_OR_RETURN(change.value, ReadNpy(UserPath(names.second)));
      changes.push_back(std::move(change));
    }
  }
  return changes;
}

absl::StatusOr<Answer> Edit(const Invocation& invocation, std::ostream& out) {
  CAIRN_ASSIGN_OR_RETURN(const std::vector<CheckpointChange> changes,
                         ReadChanges(invocation));
  const std::string result = UserPath(invocation.arguments[1]);
  CAIRN_RETURN_IF_ERROR(
      EditCheckpoint(UserPath(invocation.arguments[0]), result, changes,
                     {.cast = invocation.Has("--cast"),
                      .reshape = invocation.Has("--reshape")}));
  out << "wrote " << result << ": " << changes.size() << " change"
      << (changes.size() == 1 ? "" : "s") << "\n";
  return Answer::kYes;
}

const VerbRegistrar registrar(
    {.name = "edit",
     .arguments = {"IN", "OUT"},
     .options = {{.name = "--rename",
                  .value = "A=B",
                  .purpose = "give a tensor or an object another name",
                  .repeated = true},
                 {.name = "--delete",
                  .value = "NAME",
                  .purpose = "leave a tensor out",
                  .repeated = true},
                 {.name = "--set",
                  .value = "NAME=FILE.npy",
                  .purpose = "give a tensor the values of a file of numpy's",
                  .repeated = true},
                 {.name = "--add",
                  .value = "NAME=FILE.npy",
                  .purpose = "add a tensor that is not there",
                  .repeated = true},
                 {.name = "--config",
                  .value = "PATH=JSON",
                  .purpose = "give a config another value",
                  .repeated = true},
                 {.name = "--cast",
                  .purpose = "--set converts to the type that is there"},
                 {.name = "--reshape",
                  .purpose = "--set takes as many values in another shape"}},
     .purpose = "write a checkpoint with other names or values",
     .details =
         "IN is a prefix, or a folder, whose newest good checkpoint is taken; "
         "OUT is a\nprefix. If it is that of IN, the checkpoint is replaced in "
         "one step. Changes are\nmade in order.\n\nA NAME is a key, or a "
         "readable name that `cairn inspect` shows, such as\ndense/kernel. "
         "Renaming a readable name changes what Cairn matches by. Renaming "
         "a\nkey, or the path of an object such as model/layer_with_weights-0, "
         "moves the\nobject, which is what TensorFlow matches by. A tensor is "
         "added to an object by\nits path, model/layer_with_weights-0/scale, "
         "or beside variables by a readable\nname, dense/scale.\n\nA PATH "
         "begins with architecture, compile or a state such as state/run, and "
         "goes\non with members and places in "
         "lists:\ncompile.optimizer.config.learning_rate=0.01, "
         "or\narchitecture.config.name='\"encoder\"'.",
     .run = Edit});

}  // namespace
}  // namespace cairn
