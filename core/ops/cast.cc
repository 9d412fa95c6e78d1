#include "core/ops/cast.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/graph/op.h"
#include "core/ops/bytes_to_floats.h"
#include "core/ops/dispatch.h"
#include "core/ops/emit.h"
#include "core/ops/simple_kernel.h"
#include "core/runtime/task_split.h"

namespace cairn {
namespace {

absl::StatusOr<std::vector<TensorSpec>> InferCast(const OpCall& call) {
  const DType to = call.attr<DType>("DstT");
  if (!IsComputable(to) || !IsComputable(call.input(0).dtype)) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot cast to ", DTypeName(to)));
  }
  return std::vector<TensorSpec>{{to, call.input(0).shape}};
}

std::vector<Value> CastGradient(const GradientCall& call) {
  const DType from = call.input(0).spec().dtype;
  if (!IsFloating(from)) return {Value()};
  return {ops::Cast(call.output_gradient(0), from)};
}

template <typename From, typename To>
std::unique_ptr<Kernel> MakeCast(int64_t count) {
  return MakeSimpleKernel(
      "cast", [count](KernelInputs inputs, KernelOutputs outputs) {
        const From* from = reinterpret_cast<const From*>(inputs[0]);
        To* to = reinterpret_cast<To*>(outputs[0]);
        for (int64_t i = 0; i < count; ++i) to[i] = static_cast<To>(from[i]);
        return absl::OkStatus();
      });
}

// Images: the one cast that a step does much of.
class BytesToFloatsKernel : public Kernel {
 public:
  explicit BytesToFloatsKernel(int64_t count)
      : count_(count), split_(SplitTasks(count, kNumbersPerTask, 64)) {}

  absl::Status Bind(const KernelBuffers& buffers) override {
    in_ = reinterpret_cast<const uint8_t*>(buffers.inputs[0]);
    out_ = reinterpret_cast<float*>(buffers.outputs[0]);
    return absl::OkStatus();
  }
  int tasks(int) const override { return split_.tasks; }
  absl::Status Run(int, int task) override {
    const int64_t begin = split_.begin(task);
    BytesToFloats(in_ + begin, out_ + begin, split_.end(task, count_) - begin);
    return absl::OkStatus();
  }
  std::string Describe() const override { return "cast of bytes"; }

 private:
  static constexpr int64_t kNumbersPerTask = 32768;

  const int64_t count_;
  const TaskSplit split_;
  const uint8_t* in_ = nullptr;
  float* out_ = nullptr;
};

absl::StatusOr<std::unique_ptr<Kernel>> MakeCastKernel(
    const KernelRequest& request) {
  using Made = absl::StatusOr<std::unique_ptr<Kernel>>;
  const int64_t count = ElementCount(request.outputs[0].shape);
  if (request.inputs[0].dtype == DType::kUInt8 &&
      request.outputs[0].dtype == DType::kFloat32) {
    return std::make_unique<BytesToFloatsKernel>(count);
  }
  return DispatchComputable(
      request.inputs[0].dtype, [&]<typename From>() -> Made {
        return DispatchComputable(
            request.outputs[0].dtype,
            [&]<typename To>() -> Made { return MakeCast<From, To>(count); });
      });
}

}  // namespace

namespace ops {

Value Cast(Value x, DType dtype, SourceLocation where) {
  if (!x.valid() || x.spec().dtype == dtype) return x;
  return Emit("Cast", {x}, {{"SrcT", x.spec().dtype}, {"DstT", dtype}}, where);
}

}  // namespace ops

CAIRN_REGISTER_OP({.name = "Cast",
                   .infer = InferCast,
                   .gradient = CastGradient});
CAIRN_REGISTER_KERNEL("Cast", MakeCastKernel);

}  // namespace cairn
