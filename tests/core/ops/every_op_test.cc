// Every op of the folder has a case here, and the gradient of every op that has
// one is compared with differences: an op that is added without fails.
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/graph/op.h"
#include "core/ops/elementwise_program.h"
#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

using Ints = std::vector<int64_t>;
using Cases = std::map<std::string, OpCase>;

Tensor Both() { return Spread({3, 4}, -2, 2); }
Tensor Positive() { return Spread({3, 4}, 0.5, 2); }

void AddElementwise(Cases& cases) {
  for (const char* op :
       {"AddV2", "Sub", "Mul", "RealDiv", "Maximum", "Minimum", "Pow"}) {
    // Neither operand may equal the other, nor the base of a power be negative.
    cases[op] = {.inputs = {Positive(), Spread({3, 4}, -1, 0.4)},
                 .differentiate = {0, 1}};
  }
  cases["RealDiv"].inputs[1] = Spread({3, 4}, 2, 3);
  // A power's exponent is a number that training leaves alone.
  cases["Pow"].differentiate = {0};
  for (const char* op :
       {"Neg", "Abs", "Square", "Exp", "Relu", "Sigmoid", "Tanh"}) {
    cases[op] = {.inputs = {Both()}, .differentiate = {0}};
  }
  cases["Sign"] = {.inputs = {Both()}};
  for (const char* op : {"Sqrt", "Rsqrt", "Log"}) {
    cases[op] = {.inputs = {Positive()}, .differentiate = {0}};
  }
  for (const char* op : {"ReluGrad", "SigmoidGrad", "TanhGrad", "Equal",
                         "Greater", "GreaterEqual"}) {
    cases[op] = {.inputs = {Both(), Positive()}};
  }
  cases["SelectV2"] = {
      .inputs = {Tensor::FromValues<bool>({true, false, true, false}, {2, 2}),
                 Spread({2, 2}, -1, 1), Spread({2, 2}, 2, 3)},
      .differentiate = {1, 2}};
  cases["Cast"] = {.inputs = {Both()},
                   .attrs = {{"DstT", DType::kFloat32}},
                   .differentiate = {0}};
  const ElementwiseProgram program = {
      .inputs = 2,
      .instructions = {{ElementwiseFunction::kAdd, 0, 1},
                       {ElementwiseFunction::kSquare, 2}},
      .outputs = {3}};
  cases["_FusedElementwise"] = {
      .inputs = {Both(), Positive()},
      .attrs = {{"program", program.Encode()}, {"shape", Ints{3, 4}}}};
}

void AddReductionsAndShapes(Cases& cases) {
  for (const char* op : {"Sum", "Mean"}) {
    cases[op] = {.inputs = {Both()},
                 .attrs = {{"axis", Ints{1}}, {"keep_dims", false}},
                 .differentiate = {0}};
  }
  cases["ArgMax"] = {
      .inputs = {Both()},
      .attrs = {{"axis", int64_t{1}}, {"output_type", DType::kInt64}}};
  cases["_BroadcastLike"] = {.inputs = {Spread({3, 1}, -1, 1), Both()},
                             .differentiate = {0}};
  cases["_BatchSize"] = {.inputs = {Both()}};
  cases["Reshape"] = {.inputs = {Both()},
                      .attrs = {{"shape", Ints{2, -1}}},
                      .differentiate = {0}};
  cases["BiasAdd"] = {.inputs = {Both(), Spread({4}, -1, 1)},
                      .differentiate = {0, 1}};
  cases["BiasAddGrad"] = {.inputs = {Both()}};
}

void AddLossesAndLayers(Cases& cases) {
  cases["Softmax"] = {.inputs = {Both()}, .differentiate = {0}};
  cases["SoftmaxCrossEntropyWithLogits"] = {
      .inputs = {Both(), Spread({3, 4}, 0, 0.5)}, .differentiate = {0}};
  cases["SparseSoftmaxCrossEntropyWithLogits"] = {
      .inputs = {Both(), Tensor::FromValues<int64_t>({3, 0, 1}, {3})},
      .differentiate = {0}};
  cases["_DropoutMask"] = {.inputs = {Both(), Tensor::Scalar<int64_t>(3)},
                           .attrs = {{"key", int64_t{5}}, {"rate", 0.5f}}};
  cases["MatMul"] = {.inputs = {Both(), Spread({4, 2}, -1, 1)},
                     .attrs = {{"transpose_a", false}, {"transpose_b", false}},
                     .differentiate = {0, 1}};
  const Attrs conv = {{"strides", Ints{1, 1, 1, 1}},
                      {"dilations", Ints{1, 1, 1, 1}},
                      {"padding", std::string("SAME")}};
  const Tensor images = Spread({2, 4, 4, 2}, -20, 20);
  const Tensor filter = Spread({3, 3, 2, 2}, -1, 1);
  cases["Conv2D"] = {
      .inputs = {images, filter}, .attrs = conv, .differentiate = {0, 1}};
  cases["_Conv2DBackpropInput"] = {.inputs = {images, filter, images},
                                   .attrs = conv};
  cases["_Conv2DBackpropFilter"] = {.inputs = {filter, images, images},
                                    .attrs = conv};
  Attrs pool = {{"ksize", Ints{1, 2, 2, 1}},
                {"strides", Ints{1, 2, 2, 1}},
                {"padding", std::string("VALID")}};
  const Tensor pooled = Spread({2, 2, 2, 2}, -1, 1);
  cases["MaxPool"] = {.inputs = {images}, .attrs = pool, .differentiate = {0}};
  cases["MaxPoolGrad"] = {.inputs = {images, pooled, pooled}, .attrs = pool};
  cases["_MaxPoolWithIndex"] = {.inputs = {images}, .attrs = pool};
  pool["images_shape"] = Ints{2, 4, 4, 2};
  cases["_MaxPoolGradByIndex"] = {
      .inputs = {Tensor::Zeros({DType::kUInt8, {2, 2, 2, 2}}), pooled},
      .attrs = pool};
}

Cases AllCases() {
  Cases cases;
  AddElementwise(cases);
  AddReductionsAndShapes(cases);
  AddLossesAndLayers(cases);
  for (auto& [op, op_case] : cases) op_case.op = op;
  return cases;
}

// A plan provides them, so there is nothing to run.
bool IsSource(const std::string& op) {
  return op == "Placeholder" || op == "ReadVariableOp" || op == "Const";
}

// Ops with a gradient rule which says that there is none.
bool PassesNothingBack(const std::string& op) {
  return op == "_DropoutMask" || op == "Sign";
}

TEST(EveryOpTest, KeepsTheContract) {
  const Cases cases = AllCases();
  for (const absl::string_view name : OpNames()) {
    const std::string op(name);
    if (IsSource(op)) continue;
    const auto found = cases.find(op);
    if (found == cases.end()) {
      ADD_FAILURE() << "op " << op << " has no case in this test";
      continue;
    }
    CheckOp(found->second);
    const bool differentiable =
        FindOp(op)->gradient != nullptr && !PassesNothingBack(op);
    EXPECT_EQ(found->second.differentiate.empty(), !differentiable)
        << "op " << op << ": a gradient is checked where there is one";
  }
}

TEST(EveryOpTest, NoCaseIsOfAnOpThatIsNot) {
  for (const auto& [op, unused] : AllCases()) {
    EXPECT_NE(FindOp(op), nullptr) << op;
  }
}

}  // namespace
}  // namespace cairn
