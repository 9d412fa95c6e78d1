#ifndef CAIRN_CORE_RUNTIME_KERNEL_H_
#define CAIRN_CORE_RUNTIME_KERNEL_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/graph/attr.h"
#include "core/tensor/shape.h"

namespace cairn {

// Every buffer starts at a multiple of 64 bytes.
struct KernelBuffers {
  absl::Span<const std::byte* const> inputs;
  absl::Span<std::byte* const> outputs;
  std::byte* scratch;
};

// The prepared computation of one node. Made once per plan, run every step.
//
// A kernel says how its work can be cut: into stages, which run one after
// another, and each stage into tasks, which may run at once on several threads.
// The cut is a function of the shapes alone, never of the number of threads, so
// that any number of threads gives the same bits.
class Kernel {
 public:
  virtual ~Kernel() = default;
  // Temporary memory that Run() needs, shared by all its tasks. Asked once,
  // before Bind().
  virtual size_t scratch_bytes() const { return 0; }
  // Called once. The buffers stay valid and unmoved for the plan's life.
  virtual absl::Status Bind(const KernelBuffers& buffers) = 0;
  virtual int stages() const { return 1; }
  virtual int tasks(int stage) const {
    static_cast<void>(stage);
    return 1;
  }
  // Whether Run() may return an error. A plan lets such a kernel run before any
  // variable changes.
  virtual bool may_fail() const { return false; }
  // Computes one task's part of the outputs. Allocates nothing. Tasks of one
  // stage are called from several threads, each once.
  virtual absl::Status Run(int stage, int task) = 0;
  // The implementation chosen, e.g. "matmul brg:avx512_core".
  virtual std::string Describe() const = 0;
};

// What a kernel is made for. All shapes are static.
struct KernelRequest {
  absl::string_view op;
  const Attrs& attrs;
  absl::Span<const TensorSpec> inputs;
  absl::Span<const TensorSpec> outputs;

  template <typename T>
  const T& attr(const char* name) const {
    return GetAttr<T>(attrs, name);
  }
};

using MakeKernel =
    absl::StatusOr<std::unique_ptr<Kernel>> (*)(const KernelRequest& request);

// Names the factory of an op's kernel. A name given twice ends the process.
void RegisterKernel(absl::string_view op, MakeKernel make);

// Unimplemented if the op has no kernel.
absl::StatusOr<std::unique_ptr<Kernel>> CreateKernel(
    const KernelRequest& request);

struct KernelRegistrar {
  KernelRegistrar(absl::string_view op, MakeKernel make) {
    RegisterKernel(op, make);
  }
};

// CAIRN_REGISTER_KERNEL("Relu", MakeReluKernel);
#define CAIRN_REGISTER_KERNEL(op, make) \
  CAIRN_REGISTER_KERNEL_(__COUNTER__, op, make)
#define CAIRN_REGISTER_KERNEL_(n, op, make) CAIRN_REGISTER_KERNEL__(n, op, make)
#define CAIRN_REGISTER_KERNEL__(n, op, make) \
  const ::cairn::KernelRegistrar cairn_kernel_registrar_##n(op, make)

}  // namespace cairn

#endif  // CAIRN_CORE_RUNTIME_KERNEL_H_
