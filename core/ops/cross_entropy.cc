#include "core/ops/cross_entropy.h"

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/graph/builder.h"
#include "core/graph/op.h"
#include "core/ops/binary.h"
#include "core/ops/dispatch.h"
#include "core/ops/emit.h"
#include "core/ops/reshape.h"
#include "core/ops/simple_kernel.h"
#include "core/ops/softmax_rows.h"

namespace cairn {
namespace {

// Whether two batches may be one; what is unknown shows when a plan is made.
bool MayBeEqual(int64_t a, int64_t b) {
  return a == b || a == kDynamic || b == kDynamic;
}

// Outputs, as TensorFlow's: the losses, and their gradient by the logits.
absl::StatusOr<std::vector<TensorSpec>> InferSparse(const OpCall& call) {
  const TensorSpec& logits = call.input(0);
  const TensorSpec& labels = call.input(1);
  if (logits.dtype != DType::kFloat32 || logits.shape.size() != 2 ||
      labels.shape.size() != 1 || IsFloating(labels.dtype) ||
      labels.dtype == DType::kBool || !IsComputable(labels.dtype) ||
      !MayBeEqual(labels.shape[0], logits.shape[0])) {
    return absl::InvalidArgumentError(
        "needs float32 logits (batch, classes) and integer labels (batch)");
  }
  return std::vector<TensorSpec>{{DType::kFloat32, {logits.shape[0]}}, logits};
}

absl::StatusOr<std::vector<TensorSpec>> InferDense(const OpCall& call) {
  const TensorSpec& logits = call.input(0);
  const TensorSpec& labels = call.input(1);
  if (logits.dtype != DType::kFloat32 || logits.shape.size() != 2 ||
      labels.dtype != DType::kFloat32 || labels.shape.size() != 2 ||
      labels.shape[1] != logits.shape[1] ||
      !MayBeEqual(labels.shape[0], logits.shape[0])) {
    return absl::InvalidArgumentError(
        "needs float32 logits and labels of one shape (batch, classes)");
  }
  return std::vector<TensorSpec>{{DType::kFloat32, {logits.shape[0]}}, logits};
}

std::vector<Value> CrossEntropyGradient(const GradientCall& call) {
  const Value per_row = ops::Reshape(call.output_gradient(0), {kDynamic, 1});
  return {ops::Mul(call.output(1), per_row), Value()};
}

template <typename Label>
std::unique_ptr<Kernel> MakeSparse(int64_t rows, int64_t classes) {
  return MakeSimpleKernel(
      "cross-entropy",
      [=](KernelInputs inputs, KernelOutputs outputs) -> absl::Status {
        const float* logits = reinterpret_cast<const float*>(inputs[0]);
        const Label* labels = reinterpret_cast<const Label*>(inputs[1]);
        float* losses = reinterpret_cast<float*>(outputs[0]);
        float* backprop = reinterpret_cast<float*>(outputs[1]);
        for (int64_t row = 0; row < rows; ++row) {
          const int64_t label = static_cast<int64_t>(labels[row]);
          if (label < 0 || label >= classes) {
            return absl::InvalidArgumentError(
                absl::StrCat("label ", label, " of sample ", row,
                             " of the batch is out of "
                             "range: the model has ",
                             classes, " classes, 0 to ", classes - 1));
          }
          const float* in = logits + row * classes;
          float* out = backprop + row * classes;
          losses[row] = SoftmaxRow(in, out, classes) - in[label];
          out[label] -= 1.0f;
        }
        return absl::OkStatus();
      },
      /*may_fail=*/true);
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeSparseKernel(
    const KernelRequest& request) {
  return DispatchComputable(
      request.inputs[1].dtype,
      [&]<typename T>() -> absl::StatusOr<std::unique_ptr<Kernel>> {
        return MakeSparse<T>(request.inputs[0].shape[0],
                             request.inputs[0].shape[1]);
      });
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeDenseKernel(
    const KernelRequest& request) {
  const int64_t rows = request.inputs[0].shape[0];
  const int64_t classes = request.inputs[0].shape[1];
  return MakeSimpleKernel(
      "cross-entropy",
      [=](KernelInputs inputs, KernelOutputs outputs) -> absl::Status {
        const float* in = reinterpret_cast<const float*>(inputs[0]);
        const float* labels = reinterpret_cast<const float*>(inputs[1]);
        float* losses = reinterpret_cast<float*>(outputs[0]);
        float* out = reinterpret_cast<float*>(outputs[1]);
        for (int64_t row = 0; row < rows; ++row) {
          const float log_sum = SoftmaxRow(in, out, classes);
          float loss = 0, total = 0;
          for (int64_t c = 0; c < classes; ++c) {
            loss += labels[c] * (log_sum - in[c]);
            total += labels[c];
          }
          losses[row] = loss;
          for (int64_t c = 0; c < classes; ++c) {
            out[c] = out[c] * total - labels[c];
          }
          in += classes;
          labels += classes;
          out += classes;
        }
        return absl::OkStatus();
      });
}

}  // namespace

namespace ops {

Value SparseSoftmaxCrossEntropy(Value logits, Value labels,
                                SourceLocation where) {
  return Emit("SparseSoftmaxCrossEntropyWithLogits", {logits, labels}, {},
              where);
}

Value SoftmaxCrossEntropy(Value logits, Value labels, SourceLocation where) {
  return Emit("SoftmaxCrossEntropyWithLogits", {logits, labels}, {}, where);
}

}  // namespace ops

CAIRN_REGISTER_OP({.name = "SparseSoftmaxCrossEntropyWithLogits",
                   .infer = InferSparse,
                   .gradient = CrossEntropyGradient});
CAIRN_REGISTER_KERNEL("SparseSoftmaxCrossEntropyWithLogits", MakeSparseKernel);
CAIRN_REGISTER_OP({.name = "SoftmaxCrossEntropyWithLogits",
                   .infer = InferDense,
                   .gradient = CrossEntropyGradient});
CAIRN_REGISTER_KERNEL("SoftmaxCrossEntropyWithLogits", MakeDenseKernel);

}  // namespace cairn
