#include "core/ops/elementwise_program.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/ops/elementwise_expression.h"
#include "core/ops/elementwise_steps.h"
#include "core/runtime/task_split.h"

namespace cairn {
namespace {

constexpr int64_t kBlock = 1024;
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
    steps_ = FindElementwiseSteps(program_, scalar_);
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
      const int64_t next = i + kBlock;
      PrefetchBlock(next, std::clamp<int64_t>(end - next, 0, kBlock));
      RunBlock(i, std::min(kBlock, end - i), temporaries);
    }
    return absl::OkStatus();
  }

  std::string Describe() const override {
    std::string text =
        absl::StrCat("elementwise x", program_.instructions.size());
    if (steps_.size() < program_.instructions.size()) {
      absl::StrAppend(&text, " in ", steps_.size());
    }
    return text;
  }

 private:
  // Where a step's result goes.
  struct Place {
    int output = -1;  // An output's buffer, or else a temporary.
    int temporary = -1;
    // Outputs that are copied from the temporary at the end of the block.
    std::vector<int> copies;
  };

  // The last step that reads `reg`, or -1.
  int LastRead(int reg) const {
    int last = -1;
    for (size_t k = 0; k < steps_.size(); ++k) {
      const std::vector<int>& operands = steps_[k].operands;
      if (std::count(operands.begin(), operands.end(), reg) > 0) {
        last = static_cast<int>(k);
      }
    }
    return last;
  }

  // Whether output `o` may be written by step `k` and on: nothing that is still
  // to be read lies in its buffer.
  bool MayWrite(int o, int k) const {
    for (int input = 0; input < program_.inputs; ++input) {
      if (inputs_[input] == outputs_[o] && LastRead(input) > k) return false;
    }
    return true;
  }

  void PlaceResults() {
    std::vector<int> free_after(kMaxTemporaries, -1);
    place_of_.resize(program_.instructions.size());
    for (size_t k = 0; k < steps_.size(); ++k) {
      for (const int reg : steps_[k].results) {
        PlaceResult(reg, static_cast<int>(k), free_after);
      }
    }
  }

  // `free_after`: the step after which each temporary is free.
  void PlaceResult(int reg, int k, std::vector<int>& free_after) {
    Place& place = place_of_[reg - program_.inputs];
    for (size_t o = 0; o < program_.outputs.size(); ++o) {
      if (program_.outputs[o] != reg) continue;
      if (place.output < 0 && MayWrite(static_cast<int>(o), k)) {
        place.output = static_cast<int>(o);
      } else {
        place.copies.push_back(static_cast<int>(o));
      }
    }
    if (place.output >= 0) return;
    // Even a result that nobody else reads is written at step k.
    const int until = place.copies.empty() ? std::max(LastRead(reg), k + 1)
                                           : static_cast<int>(steps_.size());
    for (int t = 0; t < kMaxTemporaries && place.temporary < 0; ++t) {
      // A result may take the place of an operand it is computed from.
      if (free_after[t] <= k) place.temporary = t;
    }
    // Fusion bounds the length of a program, and with it the temporaries.
    CAIRN_CHECK(place.temporary >= 0);
    free_after[place.temporary] = until;
  }

  float* ResultAt(int reg, int64_t begin, float* temporaries) const {
    const Place& place = place_of_[reg - program_.inputs];
    return place.output >= 0 ? outputs_[place.output] + begin
                             : temporaries + place.temporary * kBlock;
  }

  // Asks for the inputs of the block at `begin`, which the loops of the block
  // before it leave time for.
  void PrefetchBlock(int64_t begin, int64_t count) const {
    constexpr int64_t kLine = 64 / sizeof(float);
    for (size_t reg = 0; reg < inputs_.size(); ++reg) {
      if (scalar_[reg]) continue;
      for (int64_t i = begin; i < begin + count; i += kLine) {
        __builtin_prefetch(inputs_[reg] + i);
      }
    }
  }

  void RunBlock(int64_t begin, int64_t count, float* temporaries) const {
    ElementwiseOperand operands[kMaxElementwiseOperands];
    float* results[kMaxTemporaries];
    for (const ElementwiseStep& step : steps_) {
      for (size_t i = 0; i < step.operands.size(); ++i) {
        const int reg = step.operands[i];
        if (reg >= program_.inputs) {
          operands[i] = {ResultAt(reg, begin, temporaries), false};
        } else if (scalar_[reg]) {
          operands[i] = {inputs_[reg], true};
        } else {
          operands[i] = {inputs_[reg] + begin, false};
        }
      }
      for (size_t i = 0; i < step.results.size(); ++i) {
        results[i] = ResultAt(step.results[i], begin, temporaries);
      }
      step.loop(operands, results, static_cast<size_t>(count));
    }
    for (size_t k = 0; k < place_of_.size(); ++k) {
      const Place& place = place_of_[k];
      if (place.copies.empty()) continue;
      const float* result =
          ResultAt(program_.inputs + static_cast<int>(k), begin, temporaries);
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
  std::vector<ElementwiseStep> steps_;
  std::vector<Place> place_of_;  // Of each instruction.
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
    program.instructions.push_back({static_cast<ElementwiseFunction>(code[at]),
                                    static_cast<int>(code[at + 1]),
                                    static_cast<int>(code[at + 2])});
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
