#include "core/base/configurable.h"

#include <string>

namespace cairn {

Config Serialize(const Configurable& object) {
  return Config::Object{{"class_name", std::string(object.class_name())},
                        {"config", object.GetConfig()}};
}

}  // namespace cairn
