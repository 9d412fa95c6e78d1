#include "layers/metrics/binary_accuracy.h"

#include "core/ops/cast.h"
#include "core/ops/comparison.h"
#include "core/ops/constant.h"
#include "core/ops/reduce.h"
#include "layers/losses/match_target.h"

namespace cairn {

Value BinaryAccuracy::Values(Value target, Value prediction) const {
  const Value half = ops::ScalarLike(prediction, 0.5);
  const Value guess =
      ops::Cast(ops::Greater(prediction, half), DType::kFloat32);
  const Value hit = ops::Cast(
      ops::Equal(guess, MatchTarget(target, prediction, class_name())),
      DType::kFloat32);
  return ops::Mean(hit, {-1});
}

CAIRN_REGISTER_METRIC(BinaryAccuracy);

}  // namespace cairn
