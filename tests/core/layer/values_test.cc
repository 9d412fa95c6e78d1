#include "core/layer/values.h"

#include <string>

#include "core/graph/builder.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

class ValuesTest : public testing::Test {
 protected:
  GraphBuilder builder_;
  const Value x_ = builder_.AddInput("x", {DType::kFloat32, {2}});
  const Value y_ = builder_.AddInput("y", {DType::kFloat32, {3}});
};

TEST_F(ValuesTest, OneIsUsedAsThatValue) {
  const Values values = x_;
  const Value value = values;
  EXPECT_EQ(value.id(), x_.id());
  EXPECT_EQ(values.size(), 1);
  EXPECT_TRUE(builder_.status().ok());
}

TEST_F(ValuesTest, SeveralAreAList) {
  const Values values = std::vector<Value>{x_, y_};
  ASSERT_EQ(values.size(), 2);
  EXPECT_EQ(values[1].id(), y_.id());
  EXPECT_EQ(values.data()[0].id(), x_.id());
  int count = 0;
  for (const Value value : values) count += value.valid();
  EXPECT_EQ(count, 2);
}

TEST_F(ValuesTest, SeveralWhereOneIsNeededAreAnErrorOfTheTrace) {
  const Values values = std::vector<Value>{x_, y_};
  const Value value = values;
  EXPECT_FALSE(value.valid());
  EXPECT_NE(std::string(builder_.status().message())
                .find("one value is needed here, the layer returned 2"),
            std::string::npos)
      << builder_.status();
}

TEST_F(ValuesTest, NoneWhereOneIsNeededIsNone) {
  const Values values = std::vector<Value>{};
  const Value value = values;
  EXPECT_FALSE(value.valid());
}

}  // namespace
}  // namespace cairn
