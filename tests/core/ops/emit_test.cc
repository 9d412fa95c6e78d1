#include "core/ops/emit.h"

#include <string>

#include "core/graph/builder.h"
#include "core/ops/unary.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(EmitTest, ANodeStandsInTheGraphOfItsInputs) {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {2}});
  const Value y = ops::Emit("AddV2", {x, x});
  ASSERT_TRUE(y.valid());
  EXPECT_EQ(y.builder(), &builder);
  EXPECT_EQ(builder.node(y.id()).op->name, "AddV2");
}

TEST(EmitTest, AnErrorNamesTheLineOfForwardCode) {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kInt32, {2}});
  const int line = __LINE__ + 1;
  EXPECT_FALSE(ops::Exp(x).valid());
  EXPECT_NE(std::string(builder.status().message())
                .find("emit_test.cc:" + std::to_string(line) + "]"),
            std::string::npos)
      << builder.status();
}

TEST(EmitTest, AnInvalidInputGivesAnInvalidValueAndNoSecondError) {
  GraphBuilder builder;
  const Value x = builder.AddInput("x", {DType::kFloat32, {2}});
  const Value failed = builder.Fail(absl::InvalidArgumentError("first"));
  EXPECT_FALSE(ops::Emit("AddV2", {x, failed}).valid());
  EXPECT_FALSE(ops::Emit("AddV2", {failed, x}).valid());
  EXPECT_EQ(std::string(builder.status().message()).rfind("first", 0), 0);
}

}  // namespace
}  // namespace cairn
