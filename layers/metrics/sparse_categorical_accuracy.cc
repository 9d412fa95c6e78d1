#include "layers/metrics/sparse_categorical_accuracy.h"

#include "core/ops/cast.h"
#include "core/ops/comparison.h"
#include "core/ops/reduce.h"
#include "layers/losses/match_target.h"

namespace cairn {

Value SparseCategoricalAccuracy::Values(Value target, Value prediction) const {
  const Value labels =
      ops::Cast(MatchLabels(target, prediction, class_name()), DType::kInt64);
  return ops::Cast(ops::Equal(ops::ArgMax(prediction), labels),
                   DType::kFloat32);
}

CAIRN_REGISTER_METRIC(SparseCategoricalAccuracy);

}  // namespace cairn
