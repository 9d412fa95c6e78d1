#include "core/ops/bias_add.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/graph/op.h"
#include "core/ops/emit.h"
#include "core/ops/simple_kernel.h"
#include "core/ops/sum_rows.h"
#include "core/runtime/task_split.h"

namespace cairn {
namespace {

absl::StatusOr<std::vector<TensorSpec>> InferBiasAdd(const OpCall& call) {
  const TensorSpec& x = call.input(0);
  const TensorSpec& bias = call.input(1);
  if (x.dtype != DType::kFloat32 || bias.dtype != DType::kFloat32 ||
      x.shape.size() < 2 || bias.shape.size() != 1 ||
      bias.shape[0] != x.shape.back()) {
    return absl::InvalidArgumentError(
        "needs float32 of at least two axes and a bias for the last one");
  }
  return std::vector<TensorSpec>{x};
}

std::vector<Value> BiasAddGradientRule(const GradientCall& call) {
  const Value dy = call.output_gradient(0);
  return {dy, ops::Emit("BiasAddGrad", {dy})};
}

absl::StatusOr<std::vector<TensorSpec>> InferBiasAddGrad(const OpCall& call) {
  const TensorSpec& x = call.input(0);
  if (x.dtype != DType::kFloat32 || x.shape.size() < 2) {
    return absl::InvalidArgumentError("needs float32 of at least two axes");
  }
  return std::vector<TensorSpec>{{DType::kFloat32, {x.shape.back()}}};
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeBiasAddKernel(
    const KernelRequest& request) {
  const int64_t channels = request.inputs[1].shape[0];
  const int64_t count = ElementCount(request.inputs[0].shape);
  return MakeSimpleKernel(
      "bias", [=](KernelInputs inputs, KernelOutputs outputs) -> absl::Status {
        const float* x = reinterpret_cast<const float*>(inputs[0]);
        const float* bias = reinterpret_cast<const float*>(inputs[1]);
        float* out = reinterpret_cast<float*>(outputs[0]);
        for (int64_t i = 0; i < count; i += channels) {
          for (int64_t c = 0; c < channels; ++c)
            out[i + c] = x[i + c] + bias[c];
        }
        return absl::OkStatus();
      });
}

// Below this many floats a task costs more to hand out than to do.
constexpr int64_t kFloatsPerTask = 32768;

// Sums over rows. Tall inputs are cut into groups of rows, each summed by a
// task; a second stage adds the groups' sums in order.
class BiasAddGradKernel : public Kernel {
 public:
  explicit BiasAddGradKernel(const KernelRequest& request)
      : channels_(request.outputs[0].shape[0]),
        rows_(channels_ == 0
                  ? 0
                  : ElementCount(request.inputs[0].shape) / channels_),
        // A group's sums start at a multiple of 64 bytes.
        stride_((channels_ + 15) / 16 * 16),
        split_(SplitTasks(
            rows_, kFloatsPerTask / std::max<int64_t>(channels_, 1), 1)) {}

  size_t scratch_bytes() const override {
    return split_.tasks == 1 ? 0 : split_.tasks * stride_ * sizeof(float);
  }
  absl::Status Bind(const KernelBuffers& buffers) override {
    in_ = reinterpret_cast<const float*>(buffers.inputs[0]);
    out_ = reinterpret_cast<float*>(buffers.outputs[0]);
    scratch_ = reinterpret_cast<float*>(buffers.scratch);
    return absl::OkStatus();
  }
  int stages() const override { return split_.tasks == 1 ? 1 : 2; }
  int tasks(int stage) const override { return stage == 0 ? split_.tasks : 1; }

  absl::Status Run(int stage, int task) override {
    if (stage == 0) {
      const int64_t begin = split_.begin(task);
      SumRows(in_ + begin * channels_, split_.end(task, rows_) - begin,
              channels_, channels_,
              split_.tasks == 1 ? out_ : scratch_ + task * stride_);
    } else {
      SumRows(scratch_, split_.tasks, stride_, channels_, out_);
    }
    return absl::OkStatus();
  }

  std::string Describe() const override { return "column sums"; }

 private:
  const int64_t channels_;
  const int64_t rows_;
  const int64_t stride_;
  const TaskSplit split_;
  const float* in_ = nullptr;
  float* out_ = nullptr;
  float* scratch_ = nullptr;
};

absl::StatusOr<std::unique_ptr<Kernel>> MakeBiasAddGradKernel(
    const KernelRequest& request) {
  return std::make_unique<BiasAddGradKernel>(request);
}

}  // namespace

namespace ops {

Value BiasAdd(Value x, Value bias, SourceLocation where) {
  return Emit("BiasAdd", {x, bias}, {}, where);
}

}  // namespace ops

CAIRN_REGISTER_OP({.name = "BiasAdd",
                   .infer = InferBiasAdd,
                   .gradient = BiasAddGradientRule,
                   .traits = {.in_place = true}});
CAIRN_REGISTER_KERNEL("BiasAdd", MakeBiasAddKernel);
CAIRN_REGISTER_OP({.name = "BiasAddGrad", .infer = InferBiasAddGrad});
CAIRN_REGISTER_KERNEL("BiasAddGrad", MakeBiasAddGradKernel);

}  // namespace cairn
