#include "saving/cairn_entries.h"

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/status_macros.h"
#include "saving/codec/packed_text.h"
#include "saving/codec/trackable_object_graph.h"

namespace cairn {
namespace {

absl::StatusOr<Config> ParseTexts(absl::string_view key,
                                  const std::vector<std::string>& texts) {
  if (texts.size() != 1) return absl::InvalidArgumentError("not one text");
  if (key != kArchitectureKey) return Config::FromJson(texts[0]);
  CAIRN_ASSIGN_OR_RETURN(const std::string json, UnpackText(texts[0]));
  return Config::FromJson(json);
}

}  // namespace

std::string StateKey(absl::string_view state) {
  return absl::StrCat(kStateKeys, EscapeLocalName(state));
}

std::string StateTensorKey(absl::string_view state, absl::string_view tensor) {
  return absl::StrCat(StateKey(state), "/", EscapeLocalName(tensor));
}

absl::StatusOr<std::vector<std::string>> StateEntryNames(
    absl::string_view key) {
  absl::string_view rest = key;
  if (!absl::ConsumePrefix(&rest, kStateKeys)) {
    return std::vector<std::string>();
  }
  std::vector<std::string> names;
  for (const absl::string_view escaped : absl::StrSplit(rest, '/')) {
    names.push_back(UnescapeLocalName(escaped));
    if (EscapeLocalName(names.back()) == escaped) continue;
    return absl::DataLossError(absl::StrCat("the key \"",
                                            absl::Utf8SafeCEscape(key),
                                            "\" is not one that Cairn writes"));
  }
  if (names.size() > 2) names.clear();
  return names;
}

// Only the architecture is ever packed: of entries there may be many, and each
// could hold far more than its bytes.
std::string ConfigText(absl::string_view key, const Config& config) {
  const std::string json = config.ToJson();
  return key == kArchitectureKey ? PackText(json) : json;
}

absl::StatusOr<Config> ReadConfig(const BundleReader& bundle,
                                  const BundleEntry& entry) {
  std::vector<std::string> texts;
  if (entry.is_string()) {
    CAIRN_ASSIGN_OR_RETURN(texts, bundle.ReadStrings(entry));
  }
  const auto config = ParseTexts(entry.key, texts);
  if (config.ok()) return config;
  return absl::DataLossError(absl::StrCat(bundle.prefix(), ": entry \"",
                                          entry.key,
                                          "\": ", config.status().message()));
}

}  // namespace cairn
