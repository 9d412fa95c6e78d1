#include "saving/cairn_entries.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "saving/codec/packed_text.h"

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
