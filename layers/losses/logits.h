#ifndef CAIRN_LAYERS_LOSSES_LOGITS_H_
#define CAIRN_LAYERS_LOSSES_LOGITS_H_

#include "core/graph/value.h"

namespace cairn {

// What a softmax would turn into `prediction`: itself if it is logits, the
// softmax's input if it comes straight from one, else its logarithm, after it
// was kept away from 0 and 1 by Keras's epsilon, 1e-7.
Value FindLogits(Value prediction, bool from_logits);

// The cross-entropy of each row along the last axis of `logits`.
Value CrossEntropyOfRows(Value logits, Value target, bool sparse);

}  // namespace cairn

#endif  // CAIRN_LAYERS_LOSSES_LOGITS_H_
