#ifndef CAIRN_SAVING_CONFIG_PATH_H_
#define CAIRN_SAVING_CONFIG_PATH_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/config.h"

namespace cairn {

// `config` with another value at `path`: members and places in lists with dots
// between them, "optimizer.config.learning_rate" or "layers.1.config.units". A
// member's name may have dots itself. InvalidArgument, with what is there, if
// nothing is at `path`.
absl::StatusOr<Config> ReplaceAt(const Config& config, absl::string_view path,
                                 const Config& value);

}  // namespace cairn

#endif  // CAIRN_SAVING_CONFIG_PATH_H_
