#include "layers/losses/sparse_categorical_crossentropy.h"

#include "layers/losses/logits.h"
#include "layers/losses/match_target.h"

namespace cairn {

Value SparseCategoricalCrossentropy::Call(Value target,
                                          Value prediction) const {
  const Value labels = MatchLabels(target, prediction, class_name());
  const Value logits = FindLogits(prediction, options_.from_logits);
  return CrossEntropyOfRows(logits, labels, /*sparse=*/true);
}

CAIRN_REGISTER_LOSS(SparseCategoricalCrossentropy);

}  // namespace cairn
