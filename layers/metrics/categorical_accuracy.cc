#include "layers/metrics/categorical_accuracy.h"

#include "core/ops/cast.h"
#include "core/ops/comparison.h"
#include "core/ops/reduce.h"
#include "layers/losses/match_target.h"

namespace cairn {

Value CategoricalAccuracy::Values(Value target, Value prediction) const {
  const Value wanted =
      ops::ArgMax(MatchTarget(target, prediction, class_name()));
  return ops::Cast(ops::Equal(ops::ArgMax(prediction), wanted),
                   DType::kFloat32);
}

CAIRN_REGISTER_METRIC(CategoricalAccuracy);

}  // namespace cairn
