#ifndef CAIRN_CORE_BASE_CONFIGURABLE_H_
#define CAIRN_CORE_BASE_CONFIGURABLE_H_

#include "absl/strings/string_view.h"
#include "core/base/config.h"

namespace cairn {

// An object that can be rebuilt from its class's name and a config.
class Configurable {
 public:
  virtual ~Configurable() = default;
  // The name the class is registered under, e.g. "Dense".
  virtual absl::string_view class_name() const = 0;
  // What the registered factory needs to make an equal object.
  virtual Config GetConfig() const = 0;
};

// {"class_name": …, "config": …}.
Config Serialize(const Configurable& object);

}  // namespace cairn

#endif  // CAIRN_CORE_BASE_CONFIGURABLE_H_
