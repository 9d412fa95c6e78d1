#ifndef CAIRN_CORE_OPS_CROSS_ENTROPY_H_
#define CAIRN_CORE_OPS_CROSS_ENTROPY_H_

#include "core/base/source_location.h"
#include "core/graph/value.h"

// Softmax and cross-entropy together, which is stable where each alone is not.
// `logits` is float32 (batch, classes); the result is one loss per row. Only
// the logits have a gradient.

namespace cairn::ops {

// `labels` is (batch): the class of each row, in any integer type. A label that
// is no class makes the run fail with InvalidArgument before anything changed.
Value SparseSoftmaxCrossEntropy(
    Value logits, Value labels,
    SourceLocation where = SourceLocation::Current());

// `labels` is float32 (batch, classes): the probability of each class.
Value SoftmaxCrossEntropy(Value logits, Value labels,
                          SourceLocation where = SourceLocation::Current());

}  // namespace cairn::ops

#endif  // CAIRN_CORE_OPS_CROSS_ENTROPY_H_
