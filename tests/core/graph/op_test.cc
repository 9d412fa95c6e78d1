#include "core/graph/op.h"

#include <algorithm>
#include <vector>

#include "gtest/gtest.h"

namespace cairn {
namespace {

absl::StatusOr<std::vector<TensorSpec>> InferPair(const OpCall& call) {
  return std::vector<TensorSpec>(call.attr<int64_t>("count"), call.input(1));
}

CAIRN_REGISTER_OP({.name = "_TestPair",
                   .infer = InferPair,
                   .traits = {.elementwise = true}});

TEST(OpTest, IsFoundByItsName) {
  const OpDef* const op = FindOp("_TestPair");
  ASSERT_NE(op, nullptr);
  EXPECT_EQ(op->name, "_TestPair");
  EXPECT_EQ(op->gradient, nullptr);
  EXPECT_TRUE(op->traits.elementwise);
  EXPECT_FALSE(op->traits.in_place);
  EXPECT_EQ(FindOp("_TestPair"), op);
  EXPECT_EQ(FindOp("_testpair"), nullptr);
}

TEST(OpTest, NamesAreSortedAndEachIsThereOnce) {
  const std::vector<absl::string_view> names = OpNames();
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
  for (const char* name : {"_TestPair", "MatMul", "Placeholder"}) {
    EXPECT_TRUE(std::binary_search(names.begin(), names.end(), name)) << name;
  }
  for (const absl::string_view name : names) {
    ASSERT_NE(FindOp(name), nullptr);
    EXPECT_NE(FindOp(name)->infer, nullptr) << name;
  }
}

TEST(OpTest, AShapeRuleSeesInputsAndAttributes) {
  const std::vector<TensorSpec> inputs = {{DType::kFloat32, {1}},
                                          {DType::kInt32, {2, kDynamic}}};
  const Attrs attrs = {{"count", int64_t{2}}};
  const OpCall call(inputs, attrs);
  EXPECT_EQ(call.input_count(), 2);
  const auto specs = FindOp("_TestPair")->infer(call);
  ASSERT_TRUE(specs.ok()) << specs.status();
  EXPECT_EQ(*specs, std::vector<TensorSpec>(2, inputs[1]));
}

TEST(OpDeathTest, ANameGivenTwiceEndsTheProcess) {
  EXPECT_DEATH(RegisterOp({.name = "MatMul", .infer = InferPair}),
               "check failed");
}

}  // namespace
}  // namespace cairn
