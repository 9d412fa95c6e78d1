#ifndef CAIRN_CORE_OPS_ELEMENTWISE_STEPS_H_
#define CAIRN_CORE_OPS_ELEMENTWISE_STEPS_H_

#include <vector>

#include "core/ops/elementwise_function.h"
#include "core/ops/elementwise_program.h"

namespace cairn {

// One loop over a block: an instruction, or several as an expression.
struct ElementwiseStep {
  ElementwiseLoop loop;
  std::vector<int> operands;  // Registers.
  std::vector<int> results;   // Registers, in the order of the loop's outputs.
};

// The loops that do what `program` says, in order. Registers that only an
// expression reads are nowhere. `scalar` says of each input whether it is one
// element that stands for all.
std::vector<ElementwiseStep> FindElementwiseSteps(
    const ElementwiseProgram& program, const std::vector<bool>& scalar);

}  // namespace cairn

#endif  // CAIRN_CORE_OPS_ELEMENTWISE_STEPS_H_
