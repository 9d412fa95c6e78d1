#include "layers/losses/categorical_crossentropy.h"

#include "layers/losses/logits.h"
#include "layers/losses/match_target.h"

namespace cairn {

Value CategoricalCrossentropy::Call(Value target, Value prediction) const {
  const Value probabilities = MatchTarget(target, prediction, class_name());
  const Value logits = FindLogits(prediction, options_.from_logits);
  return CrossEntropyOfRows(logits, probabilities, /*sparse=*/false);
}

CAIRN_REGISTER_LOSS(CategoricalCrossentropy);

}  // namespace cairn
