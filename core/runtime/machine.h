#ifndef CAIRN_CORE_RUNTIME_MACHINE_H_
#define CAIRN_CORE_RUNTIME_MACHINE_H_

#include "core/base/config.h"

namespace cairn {

// What the bits of a step depend on beside what a program says: "onednn", its
// version; "onednn_instructions" and "instructions", what its kernels and our
// own use on this machine. Always the same in one process. The number of
// threads is not in it, as no bit depends on it.
Config MachineConfig();

}  // namespace cairn

#endif  // CAIRN_CORE_RUNTIME_MACHINE_H_
