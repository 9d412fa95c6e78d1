#ifndef CAIRN_CORE_OPS_ELEMENTWISE_PROGRAM_H_
#define CAIRN_CORE_OPS_ELEMENTWISE_PROGRAM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/ops/elementwise_function.h"
#include "core/runtime/kernel.h"

namespace cairn {

// A straight line of elementwise functions. Registers 0 … inputs-1 are the
// inputs, register inputs+k is the result of instruction k.
struct ElementwiseProgram {
  // So many results fit the first-level cache beside the inputs.
  static constexpr int kMaxInstructions = 16;

  struct Instruction {
    ElementwiseFunction function;
    int a = -1;
    int b = -1;  // -1: the function has one operand.
  };
  int inputs = 0;
  std::vector<Instruction> instructions;
  std::vector<int> outputs;  // Registers, none of them an input.

  // As an attribute of a node, and back.
  std::vector<int64_t> Encode() const;
  static ElementwiseProgram Decode(const std::vector<int64_t>& code);
};

// A kernel that runs a program block by block, so that what is between the
// instructions stays in cache, and in registers where ElementwiseExpressions()
// has a loop for several of them. An input is float32, of the outputs' element
// count or one element that stands for all. All of a block's inputs are read
// before an output buffer that is the same memory is written, so outputs may
// take the place of inputs.
std::unique_ptr<Kernel> MakeElementwiseProgramKernel(
    ElementwiseProgram program, const KernelRequest& request);

}  // namespace cairn

#endif  // CAIRN_CORE_OPS_ELEMENTWISE_PROGRAM_H_
