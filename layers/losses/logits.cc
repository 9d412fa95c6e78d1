#include "layers/losses/logits.h"

#include "core/graph/builder.h"
#include "core/graph/op.h"
#include "core/ops/binary.h"
#include "core/ops/constant.h"
#include "core/ops/cross_entropy.h"
#include "core/ops/reshape.h"
#include "core/ops/unary.h"

namespace cairn {
namespace {

constexpr double kEpsilon = 1e-7;

}  // namespace

Value FindLogits(Value prediction, bool from_logits) {
  if (from_logits || !prediction.valid()) return prediction;
  const GraphBuilder& builder = *prediction.builder();
  const Graph::Node& node = builder.node(prediction.id());
  if (node.op->name == "Softmax") {
    return Value(prediction.builder(), node.inputs[0]);
  }
  const Value low = ops::ScalarLike(prediction, kEpsilon);
  const Value high = ops::ScalarLike(prediction, 1 - kEpsilon);
  return ops::Log(ops::Minimum(ops::Maximum(prediction, low), high));
}

Value CrossEntropyOfRows(Value logits, Value target, bool sparse) {
  if (!logits.valid() || !target.valid())
    return Value(logits.builder(), ValueId());
  const Shape shape = logits.spec().shape;
  // The op wants matrices: whatever stands before the last axis is rows.
  const Value rows = shape.size() == 2
                         ? logits
                         : ops::Reshape(logits, {kDynamic, shape.back()});
  if (sparse) {
    const Value labels =
        shape.size() == 2 ? target : ops::Reshape(target, {kDynamic});
    const Value losses = ops::SparseSoftmaxCrossEntropy(rows, labels);
    return ops::ReshapeLike(losses, target);
  }
  const Value losses = ops::SoftmaxCrossEntropy(
      rows, shape.size() == 2 ? target
                              : ops::Reshape(target, {kDynamic, shape.back()}));
  Shape per_row(shape.begin(), shape.end() - 1);
  return shape.size() == 2 ? losses : ops::Reshape(losses, per_row);
}

}  // namespace cairn
