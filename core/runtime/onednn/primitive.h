#ifndef CAIRN_CORE_RUNTIME_ONEDNN_PRIMITIVE_H_
#define CAIRN_CORE_RUNTIME_ONEDNN_PRIMITIVE_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "oneapi/dnnl/dnnl.hpp"

namespace cairn {

// A primitive with its arguments: made once, run every step without an
// allocation of ours. The C call takes an array that is ready; the C++ one
// would build a vector each time.
class BoundPrimitive {
 public:
  BoundPrimitive(dnnl::engine engine, dnnl::primitive primitive,
                 std::string implementation, size_t scratchpad_bytes)
      : engine_(std::move(engine)),
        stream_(engine_),
        primitive_(std::move(primitive)),
        implementation_(std::move(implementation)),
        scratchpad_bytes_(scratchpad_bytes) {}

  // "brg:avx512_core".
  const std::string& implementation() const { return implementation_; }
  // How much the argument DNNL_ARG_SCRATCHPAD needs.
  size_t scratchpad_bytes() const { return scratchpad_bytes_; }

  // Adds an argument whose bytes stay where they are.
  void AddArgument(int name, const dnnl::memory::desc& desc,
                   const void* address);
  void AddScratchpad(void* address);

  absl::Status Run() const;

 private:
  dnnl::engine engine_;
  dnnl::stream stream_;
  dnnl::primitive primitive_;
  std::string implementation_;
  size_t scratchpad_bytes_;
  std::vector<dnnl::memory> memories_;
  std::vector<dnnl_exec_arg_t> arguments_;
};

// What every primitive here is made with: the caller gives the scratchpad, as
// the library's own may be used on one thread only.
dnnl::primitive_attr UserScratchpad();

// A dense or strided float32 array.
dnnl::memory::desc StridedDesc(const dnnl::memory::dims& dims,
                               const dnnl::memory::dims& strides);

}  // namespace cairn

#endif  // CAIRN_CORE_RUNTIME_ONEDNN_PRIMITIVE_H_
