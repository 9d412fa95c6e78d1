#include "saving/format.h"

#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"

namespace cairn {
namespace {

std::map<std::string, std::unique_ptr<Format>>& Registered() {
  static auto* const formats =
      new std::map<std::string, std::unique_ptr<Format>>();
  return *formats;
}

}  // namespace

void RegisterFormat(std::unique_ptr<Format> format) {
  const std::string name(format->name());
  const bool is_new = Registered().emplace(name, std::move(format)).second;
  CAIRN_CHECK(is_new);
}

const Format* FindFormat(absl::string_view name) {
  for (const Format* format : Formats()) {
    if (format->name() == name || format->short_name() == name) return format;
  }
  return nullptr;
}

std::vector<const Format*> Formats() {
  std::vector<const Format*> formats;
  for (const auto& [name, format] : Registered()) {
    formats.push_back(format.get());
  }
  return formats;
}

absl::StatusOr<std::unique_ptr<SnapshotReader>> OpenFile(
    FileSystem& files, const std::string& path) {
  for (const Format* format : Formats()) {
    if (format->Recognizes(files, path)) return format->Open(files, path);
  }
  // Its error says which files were looked for.
  if (const Format* usual = FindFormat("tf_checkpoint")) {
    return usual->Open(files, path);
  }
  return absl::FailedPreconditionError("no file format is linked in");
}

absl::StatusOr<Snapshot> ReadAll(const SnapshotReader& reader,
                                 const Parts& parts) {
  Snapshot snapshot;
  snapshot.save_counter = reader.save_counter();
  const auto wants = [&](Part part) {
    return parts.count(part) > 0 && reader.parts().count(part) > 0;
  };
  for (const Part part : parts) {
    if (wants(part)) snapshot.parts.insert(part);
  }
  if (wants(Part::kArchitecture)) {
    CAIRN_ASSIGN_OR_RETURN(snapshot.architecture,
                           reader.ReadConfig(Part::kArchitecture));
  }
  if (wants(Part::kCompile)) {
    CAIRN_ASSIGN_OR_RETURN(snapshot.compile, reader.ReadConfig(Part::kCompile));
  }
  if (wants(Part::kExtras)) {
    CAIRN_ASSIGN_OR_RETURN(const Config extras,
                           reader.ReadConfig(Part::kExtras));
    CAIRN_ASSIGN_OR_RETURN(const Config::Object states,
                           extras.As<Config::Object>());
    for (const auto& [key, values] : states) {
      snapshot.extras[key].values = values;
    }
  }
  if (wants(Part::kWeights) || wants(Part::kOptimizer)) {
    snapshot.objects = reader.objects();
  }
  for (const TensorEntry& entry : reader.tensors()) {
    if (!wants(entry.part)) continue;
    const bool is_extra = entry.part == Part::kExtras;
    if (is_extra && entry.state.empty()) continue;
    CAIRN_ASSIGN_OR_RETURN(Tensor value, reader.ReadTensor(entry));
    std::vector<NamedTensor>& list =
        is_extra                         ? snapshot.extras[entry.state].tensors
        : entry.part == Part::kOptimizer ? snapshot.optimizer
                                         : snapshot.weights;
    list.push_back({entry.path, std::move(value)});
  }
  return snapshot;
}

}  // namespace cairn
