#include "core/ops/dropout_mask.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/graph/op.h"
#include "core/ops/emit.h"
#include "core/ops/philox_lanes.h"
#include "core/runtime/kernel.h"
#include "core/runtime/task_split.h"

namespace cairn {
namespace {

// Philox takes its time: a task of this many numbers is worth handing out.
constexpr int64_t kNumbersPerTask = 8192;

absl::StatusOr<std::vector<TensorSpec>> InferDropoutMask(const OpCall& call) {
  if (call.input(1) != TensorSpec{DType::kInt64, {}}) {
    return absl::InvalidArgumentError("the counter must be an int64 scalar");
  }
  return std::vector<TensorSpec>{{DType::kFloat32, call.input(0).shape}};
}

class DropoutMaskKernel : public Kernel {
 public:
  explicit DropoutMaskKernel(const KernelRequest& request)
      : key_(static_cast<uint64_t>(request.attr<int64_t>("key"))),
        count_(ElementCount(request.outputs[0].shape)),
        split_(SplitTasks(count_, kNumbersPerTask, kPhiloxLaneNumbers)) {
    const double rate = request.attr<float>("rate");
    threshold_ = static_cast<uint32_t>(std::ldexp(rate, 32));
    scale_ = static_cast<float>(1.0 / (1.0 - rate));
  }

  absl::Status Bind(const KernelBuffers& buffers) override {
    counter_ = reinterpret_cast<const int64_t*>(buffers.inputs[1]);
    out_ = reinterpret_cast<float*>(buffers.outputs[0]);
    return absl::OkStatus();
  }
  int tasks(int) const override { return split_.tasks; }
  absl::Status Run(int, int task) override {
    const int64_t begin = split_.begin(task);
    PhiloxMask(key_, static_cast<uint64_t>(*counter_),
               static_cast<uint64_t>(begin / 4), threshold_, scale_,
               out_ + begin, split_.end(task, count_) - begin);
    return absl::OkStatus();
  }
  std::string Describe() const override { return "philox mask"; }

 private:
  const uint64_t key_;
  const int64_t count_;
  const TaskSplit split_;
  uint32_t threshold_ = 0;
  float scale_ = 1;
  const int64_t* counter_ = nullptr;
  float* out_ = nullptr;
};

absl::StatusOr<std::unique_ptr<Kernel>> MakeDropoutMaskKernel(
    const KernelRequest& request) {
  return std::make_unique<DropoutMaskKernel>(request);
}

// The mask does not depend on what it is to hide.
std::vector<Value> DropoutMaskGradient(const GradientCall&) {
  return {Value(), Value()};
}

}  // namespace

namespace ops {

Value DropoutMask(Value like, Value counter, int64_t key, double rate,
                  SourceLocation where) {
  return Emit("_DropoutMask", {like, counter},
              {{"key", key}, {"rate", static_cast<float>(rate)}}, where);
}

}  // namespace ops

CAIRN_REGISTER_OP({.name = "_DropoutMask",
                   .infer = InferDropoutMask,
                   .gradient = DropoutMaskGradient});
CAIRN_REGISTER_KERNEL("_DropoutMask", MakeDropoutMaskKernel);

}  // namespace cairn
