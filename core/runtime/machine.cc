#include "core/runtime/machine.h"

#include <cstdint>

#include "core/runtime/onednn/library.h"
#include "hwy/targets.h"

namespace cairn {

Config MachineConfig() {
  // Asked once: in a virtual machine each question about the processor costs as
  // much as copying hundreds of kilobytes.
  static const auto* const config = new Config([] {
    // The best target has the lowest bit, and is the one that is dispatched to.
    const auto targets = static_cast<uint64_t>(hwy::SupportedTargets());
    const auto best = static_cast<int64_t>(targets & (~targets + 1));
    return Config::Object{{"onednn", OnednnVersion()},
                          {"onednn_instructions", OnednnInstructionSet()},
                          {"instructions", hwy::TargetName(best)}};
  }());
  return *config;
}

}  // namespace cairn
