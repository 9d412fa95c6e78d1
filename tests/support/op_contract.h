#ifndef CAIRN_TESTS_SUPPORT_OP_CONTRACT_H_
#define CAIRN_TESTS_SUPPORT_OP_CONTRACT_H_

#include <string>
#include <vector>

#include "core/graph/attr.h"
#include "core/tensor/tensor.h"

namespace cairn {

// One op with one set of inputs.
struct OpCase {
  std::string op;
  std::vector<Tensor> inputs;
  Attrs attrs = {};
  // The inputs whose first dimension is unknown while the graph is traced.
  std::vector<int> batched = {};
  // The float32 inputs whose gradients are compared with central differences,
  // and the float32 output that the loss is made of.
  std::vector<int> differentiate = {};
  int loss_output = 0;
  // The step of the differences, and how far a gradient may be off: absolute
  // below 1, relative above.
  double step = 1e-2;
  double tolerance = 2e-3;
};

// Checks what every op promises, and returns the outputs:
//  - the kernel writes every byte of its outputs, none outside of them but up
//    to the next multiple of 64 bytes, and does not read what was there before;
//  - the order of a stage's tasks does not matter;
//  - a plan as traced, a fused plan, one on two threads and one where the
//    outputs may take the inputs' memory give the same bits as the bare kernel;
//  - the specs inferred with an unknown batch agree with those of the run;
//  - the gradients are those that central differences show.
std::vector<Tensor> CheckOp(const OpCase& op_case);

// The error of tracing the op with these inputs.
std::string TraceError(const OpCase& op_case);

// Floats spread over [low, high), the same each time. Where they have both
// signs none is close to zero, so that differences do not step over it.
Tensor Spread(const Shape& shape, double low, double high);

// Compares to 1e-6 of the larger of 1 and the expected value; NaN equals NaN.
void ExpectClose(const Tensor& actual, const std::vector<float>& expected,
                 double tolerance = 1e-6);

}  // namespace cairn

#endif  // CAIRN_TESTS_SUPPORT_OP_CONTRACT_H_
