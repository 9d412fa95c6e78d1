#ifndef CAIRN_CORE_OPS_SIMPLE_KERNEL_H_
#define CAIRN_CORE_OPS_SIMPLE_KERNEL_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/runtime/kernel.h"

namespace cairn {

// A kernel of one task: a function over the buffers it was bound to. For ops
// that are small or seldom run.
template <typename Function>
class SimpleKernel : public Kernel {
 public:
  SimpleKernel(std::string description, Function function, bool may_fail)
      : description_(std::move(description)),
        function_(std::move(function)),
        may_fail_(may_fail) {}

  absl::Status Bind(const KernelBuffers& buffers) override {
    inputs_.assign(buffers.inputs.begin(), buffers.inputs.end());
    outputs_.assign(buffers.outputs.begin(), buffers.outputs.end());
    return absl::OkStatus();
  }
  bool may_fail() const override { return may_fail_; }
  absl::Status Run(int, int) override { return function_(inputs_, outputs_); }
  std::string Describe() const override { return description_; }

 private:
  const std::string description_;
  Function function_;
  const bool may_fail_;
  std::vector<const std::byte*> inputs_;
  std::vector<std::byte*> outputs_;
};

using KernelInputs = const std::vector<const std::byte*>&;
using KernelOutputs = const std::vector<std::byte*>&;

// `function` takes KernelInputs and KernelOutputs and returns absl::Status.
template <typename Function>
std::unique_ptr<Kernel> MakeSimpleKernel(std::string description,
                                         Function function,
                                         bool may_fail = false) {
  return std::make_unique<SimpleKernel<Function>>(
      std::move(description), std::move(function), may_fail);
}

}  // namespace cairn

#endif  // CAIRN_CORE_OPS_SIMPLE_KERNEL_H_
