#include "core/tensor/state.h"

#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(StateTest, ACloneStaysWhenWhatIsLiveChanges) {
  State live = {.values = Config::Object{{"count", 3}},
                .tensors = {{"sum", Tensor::Scalar<float>(1.5f)}}};
  const State clone = CloneState(live), alias = live;
  live.tensors[0].value.mutable_values<float>()[0] = 7;
  EXPECT_EQ(alias.tensors[0].value.values<float>()[0], 7);
  EXPECT_EQ(clone.tensors[0].value.values<float>()[0], 1.5f);
  EXPECT_EQ(clone.tensors[0].name, "sum");
  EXPECT_EQ(clone.values, live.values);
}

}  // namespace
}  // namespace cairn
