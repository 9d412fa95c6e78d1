#include "core/ops/elementwise_steps.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "core/ops/elementwise_expression.h"

namespace cairn {
namespace {

// What is known while an expression is held against a program.
struct Match {
  std::vector<absl::string_view> statements;
  std::vector<int> operands =
      std::vector<int>(kMaxElementwiseOperands, -1);  // -1: not met yet.
  std::vector<int> results;                           // The same.
  std::vector<int> covered;                           // Instructions.
};

class StepFinder {
 public:
  StepFinder(const ElementwiseProgram& program, const std::vector<bool>& scalar)
      : program_(program),
        scalar_(scalar),
        covered_(program.instructions.size(), false) {}

  // From the last instruction on, so that the longest expression is found.
  std::vector<ElementwiseStep> Find() && {
    std::vector<ElementwiseStep> steps;
    for (int k = static_cast<int>(covered_.size()) - 1; k >= 0; --k) {
      if (!covered_[k]) steps.push_back(StepEndingAt(k));
    }
    std::reverse(steps.begin(), steps.end());
    return steps;
  }

 private:
  ElementwiseStep StepEndingAt(int k) {
    for (const ElementwiseExpression& expression : ElementwiseExpressions()) {
      std::optional<Match> match = FindMatch(expression.text, k);
      if (!match.has_value()) continue;
      for (const int instruction : match->covered) covered_[instruction] = true;
      match->operands.erase(
          std::find(match->operands.begin(), match->operands.end(), -1),
          match->operands.end());
      return {expression.loop, match->operands, match->results};
    }
    const auto& instruction = program_.instructions[k];
    ElementwiseStep step{FindElementwiseLoop(instruction.function),
                         {instruction.a},
                         {program_.inputs + k}};
    if (instruction.b >= 0) step.operands.push_back(instruction.b);
    return step;
  }

  std::optional<Match> FindMatch(absl::string_view text, int k) const {
    Match match{.statements = absl::StrSplit(text, ';')};
    match.results.assign(match.statements.size(), -1);
    const int last = static_cast<int>(match.statements.size()) - 1;
    if (!MatchStatement(last, program_.inputs + k, match)) return std::nullopt;
    const auto done = [&](int instruction) {
      return std::count(match.covered.begin(), match.covered.end(),
                        instruction) > 0;
    };
    // All is computed where the last statement stands, so nobody else may want
    // an earlier result before that.
    for (int other = 0; other < k; ++other) {
      if (done(other)) continue;
      const auto& instruction = program_.instructions[other];
      for (const int covered : match.covered) {
        const int reg = program_.inputs + covered;
        if (instruction.a == reg || instruction.b == reg) return std::nullopt;
      }
    }
    return match;
  }

  bool MatchStatement(int statement, int reg, Match& match) const {
    int& result = match.results[statement];
    if (result >= 0) return result == reg;
    result = reg;
    const absl::string_view text = match.statements[statement];
    int end = static_cast<int>(text.size()) - 1;
    return MatchPart(text, &end, reg, /*whole=*/true, match);
  }

  // Whether the part of `text` that ends at `*end` computes `reg`. `*end` moves
  // in front of the part.
  bool MatchPart(absl::string_view text, int* end, int reg, bool whole,
                 Match& match) const {
    const char symbol = text[(*end)--];
    if (symbol >= '0' && symbol <= '9') {
      return MatchStatement(symbol - '0', reg, match);
    }
    const auto function = FunctionOfSymbol(symbol);
    if (!function.has_value()) return MatchOperand(symbol, reg, match);
    const int index = reg - program_.inputs;
    if (index < 0 || covered_[index]) return false;
    const auto& instruction = program_.instructions[index];
    if (instruction.function != *function) return false;
    // What is not stored has no other reader.
    if (!whole && ReaderCount(reg) != 1) return false;
    match.covered.push_back(index);
    return (OperandCount(*function) == 1 ||
            MatchPart(text, end, instruction.b, false, match)) &&
           MatchPart(text, end, instruction.a, false, match);
  }

  bool MatchOperand(char symbol, int reg, Match& match) const {
    const bool capital = symbol < 'a';
    int& operand = match.operands[symbol - (capital ? 'A' : 'a')];
    if (operand < 0) operand = reg;
    return operand == reg && capital == (reg < program_.inputs && scalar_[reg]);
  }

  // How many operands and outputs `reg` is.
  int ReaderCount(int reg) const {
    auto count =
        std::count(program_.outputs.begin(), program_.outputs.end(), reg);
    for (const auto& instruction : program_.instructions) {
      count += (instruction.a == reg) + (instruction.b == reg);
    }
    return static_cast<int>(count);
  }

  const ElementwiseProgram& program_;
  const std::vector<bool>& scalar_;
  std::vector<bool> covered_;
};

}  // namespace

std::vector<ElementwiseStep> FindElementwiseSteps(
    const ElementwiseProgram& program, const std::vector<bool>& scalar) {
  return StepFinder(program, scalar).Find();
}

}  // namespace cairn
