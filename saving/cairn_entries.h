#ifndef CAIRN_SAVING_CAIRN_ENTRIES_H_
#define CAIRN_SAVING_CAIRN_ENTRIES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/config.h"
#include "saving/codec/tensor_bundle.h"

namespace cairn {

// What TensorFlow has no place for lies under keys that its object graph does
// not mention, so that it never asks for them:
//
//   _CAIRN/architecture                    a config as JSON, packed if large
//   _CAIRN/compile                         a config as JSON
//   _CAIRN/state/<key>                     a state's values as JSON
//   _CAIRN/state/<key>/<tensor>            a state's tensors
//
// with '/' and '.' in names escaped as in TensorFlow's keys.
inline constexpr absl::string_view kCairnKeys = "_CAIRN/";
inline constexpr absl::string_view kArchitectureKey = "_CAIRN/architecture";
inline constexpr absl::string_view kCompileKey = "_CAIRN/compile";
inline constexpr absl::string_view kStateKeys = "_CAIRN/state/";

// Of a state's values, and of a tensor of it.
std::string StateKey(absl::string_view state);
std::string StateTensorKey(absl::string_view state, absl::string_view tensor);
// The names in such a key: the state's and, of a tensor, that one's. None in
// any other key. DataLoss if Cairn would have written another, so that no two
// keys stand for one name.
absl::StatusOr<std::vector<std::string>> StateEntryNames(absl::string_view key);

// The text of a config for the entry `key`.
std::string ConfigText(absl::string_view key, const Config& config);

// The config in such an entry. DataLoss, naming the entry, if there is none.
absl::StatusOr<Config> ReadConfig(const BundleReader& bundle,
                                  const BundleEntry& entry);

}  // namespace cairn

#endif  // CAIRN_SAVING_CAIRN_ENTRIES_H_
