#include <cstring>
#include <memory>

#include "core/graph/builder.h"
#include "core/graph/op.h"
#include "core/graph/variable.h"
#include "core/runtime/kernel.h"
#include "core/runtime/plan.h"
#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

TEST(SourcesTest, SpecsAreThoseOfTheAttributes) {
  const Attrs attrs = {{"dtype", DType::kInt64},
                       {"shape", std::vector<int64_t>{kDynamic, 3}}};
  for (const char* op : {"Placeholder", "ReadVariableOp"}) {
    const auto specs = FindOp(op)->infer(OpCall({}, attrs));
    ASSERT_TRUE(specs.ok()) << specs.status();
    ASSERT_EQ(specs->size(), 1);
    EXPECT_EQ((*specs)[0], TensorSpec({DType::kInt64, {kDynamic, 3}}));
    EXPECT_EQ(FindOp(op)->gradient, nullptr);
    EXPECT_EQ(CreateKernel({op, attrs, {}, *specs}).status().code(),
              absl::StatusCode::kUnimplemented);
  }
}

TEST(SourcesTest, APlanShowsWhatIsGivenAndWhatIsHeld) {
  auto held = std::make_shared<Variable>("held", TensorSpec{DType::kInt32, {2}},
                                         /*trainable=*/false);
  GraphBuilder builder;
  const Value given = builder.AddInput("given", {DType::kUInt8, {3}});
  const Value read = builder.Read(held);
  absl::StatusOr<Graph> graph = std::move(builder).Build({given, read});
  ASSERT_TRUE(graph.ok()) << graph.status();
  const auto plan = Plan::Compile(*std::move(graph), nullptr);
  ASSERT_TRUE(plan.ok()) << plan.status();
  for (const uint8_t turn : {1, 2}) {
    const uint8_t bytes[] = {turn, 7, 255};
    std::memcpy((*plan)->input(0).data(), bytes, 3);
    ASSERT_TRUE(
        held->Assign(Tensor::FromValues<int32_t>({turn, -5}, {2})).ok());
    ASSERT_TRUE((*plan)->Run().ok());
    EXPECT_EQ(std::memcmp((*plan)->output(0).data(), bytes, 3), 0);
    EXPECT_EQ((*plan)->output(1), held->value().bytes());
  }
}

}  // namespace
}  // namespace cairn
