#include "core/ops/elementwise_program.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/runtime/task_split.h"

namespace cairn {
namespace {

constexpr int64_t kBlock = 256;
constexpr int kMaxTemporaries = ElementwiseProgram::kMaxInstructions;
// Below this many floats a task costs more to hand out than to do.
constexpr int64_t kFloatsPerTask = 16384;

class ElementwiseProgramKernel : public Kernel {
 public:
  ElementwiseProgramKernel(ElementwiseProgram program,
                           const KernelRequest& request)
      : program_(std::move(program)),
        count_(ElementCount(request.outputs[0].shape)),
        split_(SplitTasks(count_, kFloatsPerTask, kBlock)) {
    for (const TensorSpec& input : request.inputs) {
      scalar_.push_back(ElementCount(input.shape) == 1 && count_ != 1);
    }
  }

  absl::Status Bind(const KernelBuffers& buffers) override {
    for (const std::byte* input : buffers.inputs) {
      inputs_.push_back(reinterpret_cast<const float*>(input));
    }
    for (std::byte* output : buffers.outputs) {
      outputs_.push_back(reinterpret_cast<float*>(output));
    }
    PlaceResults();
    return absl::OkStatus();
  }

  int tasks(int) const override { return split_.tasks; }

  absl::Status Run(int, int task) override {
    alignas(64) float temporaries[kMaxTemporaries * kBlock];
    const int64_t end = split_.end(task, count_);
    for (int64_t i = split_.begin(task); i < end; i += kBlock) {
      RunBlock(i, std::min(kBlock, end - i), temporaries);
    }
    return absl::OkStatus();
  }

  std::string Describe() const override {
    return absl::StrCat("elementwise x", program_.instructions.size());
  }

 private:
  // Where an instruction's result goes.
  struct Place {
    int output = -1;  // An output's buffer, or else a temporary.
    int temporary = -1;
    // Outputs that are copied from the temporary at the end of the block.
    std::vector<int> copies;
  };

  // The last instruction that reads `reg`, or -1.
  int LastRead(int reg) const {
    int last = -1;
    for (size_t k = 0; k < program_.instructions.size(); ++k) {
      const auto& instruction = program_.instructions[k];
      if (instruction.a == reg || instruction.b == reg) {
        last = static_cast<int>(k);
      }
    }
    return last;
  }

  // Whether output `o` may be written by instruction `k` and on: nothing that
  // is still to be read lies in its buffer.
  bool MayWrite(int o, int k) const {
    for (int input = 0; input < program_.inputs; ++input) {
      if (inputs_[input] == outputs_[o] && LastRead(input) > k) return false;
    }
    return true;
  }

  void PlaceResults() {
    std::vector<int> free_after(kMaxTemporaries, -1);
    for (size_t k = 0; k < program_.instructions.size(); ++k) {
      const int reg = program_.inputs + static_cast<int>(k);
      Place place;
      for (size_t o = 0; o < program_.outputs.size(); ++o) {
        if (program_.outputs[o] != reg) continue;
        if (place.output < 0 && MayWrite(static_cast<int>(o), k)) {
          place.output = static_cast<int>(o);
        } else {
          place.copies.push_back(static_cast<int>(o));
        }
      }
      if (place.output < 0) {
        const int until = place.copies.empty()
                              ? LastRead(reg)
                              : static_cast<int>(program_.instructions.size());
        for (int t = 0; t < kMaxTemporaries && place.temporary < 0; ++t) {
          // A result may take the place of an operand it is computed from.
          if (free_after[t] <= static_cast<int>(k)) place.temporary = t;
        }
        // Fusion bounds the length of a program, and with it the temporaries.
        CAIRN_CHECK(place.temporary >= 0);
        free_after[place.temporary] = until;
      }
      places_.push_back(std::move(place));
    }
  }

  ElementwiseOperand Operand(int reg, int64_t begin,
                             const float* temporaries) const {
    if (reg < 0) return {};
    if (reg < program_.inputs) {
      const bool scalar = scalar_[reg];
      return {inputs_[reg] + (scalar ? 0 : begin), scalar};
    }
    const Place& place = places_[reg - program_.inputs];
    if (place.output >= 0) return {outputs_[place.output] + begin, false};
    return {temporaries + place.temporary * kBlock, false};
  }

  void RunBlock(int64_t begin, int64_t count, float* temporaries) const {
    for (size_t k = 0; k < program_.instructions.size(); ++k) {
      const auto& instruction = program_.instructions[k];
      const Place& place = places_[k];
      float* out = place.output >= 0 ? outputs_[place.output] + begin
                                     : temporaries + place.temporary * kBlock;
      RunElementwise(instruction.function,
                     Operand(instruction.a, begin, temporaries),
                     Operand(instruction.b, begin, temporaries), out,
                     static_cast<size_t>(count));
    }
    for (size_t k = 0; k < places_.size(); ++k) {
      const Place& place = places_[k];
      const float* result = place.output >= 0
                                ? outputs_[place.output] + begin
                                : temporaries + place.temporary * kBlock;
      for (const int output : place.copies) {
        std::memcpy(outputs_[output] + begin, result, count * sizeof(float));
      }
    }
  }

  const ElementwiseProgram program_;
  const int64_t count_;
  const TaskSplit split_;
  std::vector<bool> scalar_;
  std::vector<const float*> inputs_;
  std::vector<float*> outputs_;
  std::vector<Place> places_;
};

}  // namespace

std::vector<int64_t> ElementwiseProgram::Encode() const {
  std::vector<int64_t> code = {inputs,
                               static_cast<int64_t>(instructions.size())};
  for (const Instruction& instruction : instructions) {
    code.push_back(static_cast<int64_t>(instruction.function));
    code.push_back(instruction.a);
    code.push_back(instruction.b);
  }
  code.insert(code.end(), outputs.begin(), outputs.end());
  return code;
}

ElementwiseProgram ElementwiseProgram::Decode(
    const std::vector<int64_t>& code) {
  ElementwiseProgram program;
  program.inputs = static_cast<int>(code[0]);
  const int64_t count = code[1];
  size_t at = 2;
  for (int64_t k = 0; k < count; ++k, at += 3) {
    program.instructions.push_back(
        {static_cast<ElementwiseFunction>(code[at]),
         static_cast<int>(code[at + 1]), static_cast<int>(code[at + 2])});
  }
  program.outputs.assign(code.begin() + at, code.end());
  return program;
}

std::unique_ptr<Kernel> MakeElementwiseProgramKernel(
    ElementwiseProgram program, const KernelRequest& request) {
  return std::make_unique<ElementwiseProgramKernel>(std::move(program),
                                                    request);
}

}  // namespace cairn
