#include "layers/metrics/accuracy.h"

#include "core/ops/cast.h"
#include "core/ops/comparison.h"
#include "layers/losses/match_target.h"
#include "layers/metrics/binary_accuracy.h"
#include "layers/metrics/categorical_accuracy.h"
#include "layers/metrics/sparse_categorical_accuracy.h"

namespace cairn {

std::shared_ptr<const Metric> Accuracy::Choose(
    const TensorSpec& target, const TensorSpec& prediction) const {
  const Shape& t = target.shape;
  const Shape& p = prediction.shape;
  if (p.empty()) return nullptr;
  if (p.back() == 1) return std::make_shared<BinaryAccuracy>();
  if (t.size() < p.size() || t.back() == 1) {
    return std::make_shared<SparseCategoricalAccuracy>();
  }
  return std::make_shared<CategoricalAccuracy>();
}

Value Accuracy::Values(Value target, Value prediction) const {
  return ops::Cast(
      ops::Equal(prediction, MatchTarget(target, prediction, class_name())),
      DType::kFloat32);
}

CAIRN_REGISTER_METRIC(Accuracy, "acc");

}  // namespace cairn
