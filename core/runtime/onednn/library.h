#ifndef CAIRN_CORE_RUNTIME_ONEDNN_LIBRARY_H_
#define CAIRN_CORE_RUNTIME_ONEDNN_LIBRARY_H_

#include <string>

namespace cairn {

// oneDNN's version, "2.6.3".
std::string OnednnVersion();
// The instructions that its kernels use on this machine, "avx2".
std::string OnednnInstructionSet();

}  // namespace cairn

#endif  // CAIRN_CORE_RUNTIME_ONEDNN_LIBRARY_H_
