#include "core/ops/elementwise_expression.h"

#include <cstring>
#include <vector>

#include "absl/strings/str_split.h"
#include "core/tensor/tensor.h"
#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

constexpr int64_t kCount = 203;

ElementwiseOperand WholeOf(const Tensor& tensor) {
  return {tensor.values<float>().data(), false};
}

// The results of the statements, function after function.
std::vector<Tensor> Interpret(absl::string_view text,
                              const std::vector<Tensor>& operands) {
  std::vector<Tensor> results;
  for (const absl::string_view statement : absl::StrSplit(text, ';')) {
    std::vector<Tensor> stack;
    for (const char symbol : statement) {
      const auto function = FunctionOfSymbol(symbol);
      if (symbol >= '0' && symbol <= '9') {
        stack.push_back(results[symbol - '0']);
      } else if (!function.has_value()) {
        stack.push_back(operands[symbol >= 'a' ? symbol - 'a' : symbol - 'A']);
      } else {
        std::vector<ElementwiseOperand> given;
        const size_t first = stack.size() - OperandCount(*function);
        for (size_t i = first; i < stack.size(); ++i) {
          given.push_back(
              {stack[i].values<float>().data(), stack[i].size() == 1});
        }
        Tensor result = Tensor::Zeros({DType::kFloat32, {kCount}});
        float* out = result.mutable_values<float>().data();
        FindElementwiseLoop (*function)(given.data(), &out, kCount);
        stack.resize(first);
        stack.push_back(result);
      }
    }
    EXPECT_EQ(stack.size(), 1);
    results.push_back(stack.back());
  }
  return results;
}

TEST(ElementwiseExpressionTest, GivesTheBitsOfFunctionAfterFunction) {
  for (const ElementwiseExpression& expression : ElementwiseExpressions()) {
    SCOPED_TRACE(std::string(expression.text));
    std::vector<Tensor> operands;
    std::vector<ElementwiseOperand> given;
    for (int i = 0; i < kMaxElementwiseOperands; ++i) {
      const bool scalar = expression.text.find(static_cast<char>('A' + i)) !=
                          absl::string_view::npos;
      operands.push_back(scalar ? Tensor::Scalar(0.25f + 0.5f * i)
                                : Spread({kCount}, 0.1, 2 + i));
      given.push_back({operands.back().values<float>().data(), scalar});
    }
    const std::vector<Tensor> expected = Interpret(expression.text, operands);
    std::vector<Tensor> actual;
    std::vector<float*> out;
    for (size_t i = 0; i < expected.size(); ++i) {
      actual.push_back(Tensor::Zeros({DType::kFloat32, {kCount}}));
      out.push_back(actual.back().mutable_values<float>().data());
    }
    expression.loop(given.data(), out.data(), kCount);
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(actual[i].bytes(), expected[i].bytes()) << "statement " << i;
    }
  }
}

TEST(ElementwiseExpressionTest, RowLoopsGiveTheBitsOfWholeLoops) {
  const Tensor a = Spread({kCount}, -2, 2), b = Spread({kCount}, 0.5, 3);
  const Tensor scalar = Tensor::Scalar(1.7f);
  for (int f = 0; f <= static_cast<int>(ElementwiseFunction::kMinimum); ++f) {
    const auto function = static_cast<ElementwiseFunction>(f);
    for (const bool whole : {true, false}) {
      const ElementwiseOperand given[] = {
          WholeOf(a),
          whole ? WholeOf(b)
                : ElementwiseOperand{scalar.values<float>().data(), true}};
      Tensor expected = Tensor::Zeros({DType::kFloat32, {kCount}});
      Tensor actual = expected.Clone();
      float* out = expected.mutable_values<float>().data();
      FindElementwiseLoop(function)(given, &out, kCount);
      FindElementwiseRowLoop(function)(
          given[0], given[1], actual.mutable_values<float>().data(), kCount);
      EXPECT_EQ(actual.bytes(), expected.bytes());
    }
  }
}

}  // namespace
}  // namespace cairn
