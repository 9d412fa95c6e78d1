#include "core/ops/elementwise_program.h"

#include <cstring>
#include <memory>
#include <vector>

#include "core/base/philox.h"
#include "core/tensor/aligned_buffer.h"
#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

using Function = ElementwiseFunction;

// What `program` computes, instruction after instruction over whole arrays.
std::vector<Tensor> RunPlainly(const ElementwiseProgram& program,
                               const std::vector<Tensor>& inputs,
                               int64_t count) {
  std::vector<Tensor> registers = inputs;
  for (const auto& instruction : program.instructions) {
    std::vector<ElementwiseOperand> operands;
    for (const int reg : {instruction.a, instruction.b}) {
      if (reg < 0) continue;
      operands.push_back({registers[reg].values<float>().data(),
                          registers[reg].size() == 1 && count != 1});
    }
    Tensor result = Tensor::Zeros({DType::kFloat32, {count}});
    float* out = result.mutable_values<float>().data();
    FindElementwiseLoop(instruction.function)(operands.data(), &out,
                                              static_cast<size_t>(count));
    registers.push_back(result);
  }
  std::vector<Tensor> outputs;
  for (const int reg : program.outputs) outputs.push_back(registers[reg]);
  return outputs;
}

// What its kernel computes. `place[o]` is the input whose memory output o
// takes, or -1.
std::vector<Tensor> RunKernel(const ElementwiseProgram& program,
                              const std::vector<Tensor>& inputs,
                              const std::vector<int>& place, int64_t count) {
  std::vector<Tensor> given;
  std::vector<TensorSpec> input_specs;
  for (const Tensor& input : inputs) {
    given.push_back(input.Clone());
    input_specs.push_back(input.spec());
  }
  const std::vector<TensorSpec> output_specs(program.outputs.size(),
                                             {DType::kFloat32, {count}});
  const Attrs attrs;
  const std::unique_ptr<Kernel> kernel = MakeElementwiseProgramKernel(
      program, {"_FusedElementwise", attrs, input_specs, output_specs});
  std::vector<const std::byte*> from;
  for (const Tensor& tensor : given) from.push_back(tensor.bytes().data());
  std::vector<Tensor> outputs;
  std::vector<std::byte*> to;
  for (const int input : place) {
    outputs.push_back(input < 0 ? Tensor::Zeros({DType::kFloat32, {count}})
                                : given[input]);
    to.push_back(outputs.back().mutable_bytes().data());
  }
  EXPECT_TRUE(kernel->Bind({from, to, nullptr}).ok());
  for (int task = 0; task < kernel->tasks(0); ++task) {
    EXPECT_TRUE(kernel->Run(0, task).ok());
  }
  return outputs;
}

void ExpectSameBits(const std::vector<Tensor>& actual,
                    const std::vector<Tensor>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t o = 0; o < expected.size(); ++o) {
    EXPECT_EQ(actual[o].bytes(), expected[o].bytes()) << "output " << o;
  }
}

// Adam's update of w, m, v by g: inputs 0 to 3, then three scalars.
ElementwiseProgram AdamProgram() {
  return {.inputs = 8,
          .instructions = {{Function::kSub, 3, 1},    // 8: g - m
                           {Function::kMul, 8, 4},    // 9
                           {Function::kAdd, 1, 9},    // 10: m
                           {Function::kSquare, 3},    // 11
                           {Function::kSub, 11, 2},   // 12
                           {Function::kMul, 12, 5},   // 13
                           {Function::kAdd, 2, 13},   // 14: v
                           {Function::kMul, 10, 6},   // 15
                           {Function::kSqrt, 14},     // 16
                           {Function::kAdd, 16, 7},   // 17
                           {Function::kDiv, 15, 17},  // 18
                           {Function::kSub, 0, 18}},  // 19: w
          .outputs = {10, 14, 19}};
}

std::vector<Tensor> AdamInputs(int64_t count) {
  return {Spread({count}, -1, 1),  Spread({count}, -0.5, 0.5),
          Spread({count}, 0.1, 1), Spread({count}, -2, 2),
          Tensor::Scalar(0.1f),    Tensor::Scalar(0.001f),
          Tensor::Scalar(0.01f),   Tensor::Scalar(1e-7f)};
}

TEST(ElementwiseProgramTest, CodeAndProgramAreEachOthersInverse) {
  const ElementwiseProgram program = AdamProgram();
  const ElementwiseProgram decoded =
      ElementwiseProgram::Decode(program.Encode());
  EXPECT_EQ(decoded.Encode(), program.Encode());
  EXPECT_EQ(decoded.inputs, 8);
  EXPECT_EQ(decoded.instructions.size(), 12);
  EXPECT_EQ(decoded.outputs, std::vector<int>({10, 14, 19}));
}

TEST(ElementwiseProgramTest, AnOptimizersUpdateHappensInPlace) {
  for (const int64_t count : {2, 16, 100, 1024, 1025, 5000, 70000}) {
    SCOPED_TRACE(count);
    const std::vector<Tensor> inputs = AdamInputs(count);
    const ElementwiseProgram program = AdamProgram();
    const std::vector<Tensor> expected = RunPlainly(program, inputs, count);
    ExpectSameBits(RunKernel(program, inputs, {-1, -1, -1}, count), expected);
    ExpectSameBits(RunKernel(program, inputs, {1, 2, 0}, count), expected);
    // Over each other's memory, and the gradient's.
    ExpectSameBits(RunKernel(program, inputs, {2, 0, 1}, count), expected);
    ExpectSameBits(RunKernel(program, inputs, {3, 1, 2}, count), expected);
  }
}

TEST(ElementwiseProgramTest, AdamIsOneLoop) {
  const std::vector<Tensor> inputs = AdamInputs(100);
  std::vector<TensorSpec> specs;
  for (const Tensor& input : inputs) specs.push_back(input.spec());
  const Attrs attrs;
  const std::vector<TensorSpec> outputs(3, inputs[0].spec());
  EXPECT_EQ(MakeElementwiseProgramKernel(
                AdamProgram(), {"_FusedElementwise", attrs, specs, outputs})
                ->Describe(),
            "elementwise x12 in 1");
}

TEST(ElementwiseProgramTest, AResultIsThereForWhoeverReadsItFirst) {
  // Register 7, momentum's new value, is read by 8 before 9 ends the expression
  // that computes it.
  const ElementwiseProgram program = {
      .inputs = 5,
      .instructions = {{Function::kMul, 1, 3},   // 5
                       {Function::kMul, 4, 2},   // 6
                       {Function::kSub, 5, 6},   // 7
                       {Function::kExp, 7},      // 8
                       {Function::kAdd, 0, 7}},  // 9
      .outputs = {7, 8, 9}};
  const std::vector<Tensor> inputs = {
      Spread({300}, -1, 1), Spread({300}, -2, 2), Spread({300}, -1, 1),
      Tensor::Scalar(0.9f), Tensor::Scalar(0.1f)};
  ExpectSameBits(RunKernel(program, inputs, {-1, -1, -1}, 300),
                 RunPlainly(program, inputs, 300));
  ExpectSameBits(RunKernel(program, inputs, {1, 2, 0}, 300),
                 RunPlainly(program, inputs, 300));
}

// Functions whose results stay finite for the programs below.
constexpr Function kTame[] = {
    Function::kAdd,      Function::kSub,  Function::kMul, Function::kNeg,
    Function::kMaximum,  Function::kTanh, Function::kAbs, Function::kRelu,
    Function::kReluGrad, Function::kMul,  Function::kAdd, Function::kSquare};

TEST(ElementwiseProgramTest, AnyProgramInAnyPlaceGivesTheBitsOfPlainLoops) {
  RandomStream random(StreamKey(3, "programs"));
  for (int turn = 0; turn < 400; ++turn) {
    SCOPED_TRACE(turn);
    const int64_t count = 1 + static_cast<int64_t>(random.NextBelow(3000));
    ElementwiseProgram program;
    program.inputs = 1 + static_cast<int>(random.NextBelow(4));
    std::vector<Tensor> inputs;
    for (int i = 0; i < program.inputs; ++i) {
      inputs.push_back(random.NextBelow(3) == 0 && i > 0
                           ? Tensor::Scalar(0.5f + 0.1f * i)
                           : Spread({count}, -1 - i, 1));
    }
    const int length = 1 + static_cast<int>(random.NextBelow(
                               ElementwiseProgram::kMaxInstructions));
    for (int k = 0; k < length; ++k) {
      const Function function = kTame[random.NextBelow(std::size(kTame))];
      const uint64_t made = static_cast<uint64_t>(program.inputs + k);
      const int a = static_cast<int>(random.NextBelow(made));
      const int b = static_cast<int>(random.NextBelow(made));
      program.instructions.push_back(
          {function, a, OperandCount(function) == 2 ? b : -1});
      if (k + 1 == length || random.NextBelow(4) == 0) {
        program.outputs.push_back(static_cast<int>(made));
      }
    }
    // Some outputs over some inputs, each input once.
    std::vector<int> place;
    int next = 0;
    for (size_t o = 0; o < program.outputs.size(); ++o) {
      while (next < program.inputs && inputs[next].size() != count) ++next;
      const bool take = next < program.inputs && random.NextBelow(2) == 0;
      place.push_back(take ? next++ : -1);
    }
    ExpectSameBits(RunKernel(program, inputs, place, count),
                   RunPlainly(program, inputs, count));
  }
}

}  // namespace
}  // namespace cairn
