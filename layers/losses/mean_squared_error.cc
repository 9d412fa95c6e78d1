#include "layers/losses/mean_squared_error.h"

#include "core/ops/binary.h"
#include "core/ops/reduce.h"
#include "core/ops/unary.h"
#include "layers/losses/match_target.h"

namespace cairn {

Value MeanSquaredError::Call(Value target, Value prediction) const {
  const Value error =
      ops::Sub(prediction, MatchTarget(target, prediction, class_name()));
  return ops::Mean(ops::Square(error), {-1});
}

CAIRN_REGISTER_LOSS(MeanSquaredError, "mse", "MSE");

}  // namespace cairn
