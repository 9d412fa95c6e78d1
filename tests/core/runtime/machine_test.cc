#include "core/runtime/machine.h"

#include <string>

#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(MachineTest, SaysWhatTheBitsDependOnAndAlwaysTheSame) {
  const Config machine = MachineConfig();
  EXPECT_EQ(machine, MachineConfig());
  for (const char* key : {"onednn", "onednn_instructions", "instructions"}) {
    const auto text = machine.Get<std::string>(key);
    ASSERT_TRUE(text.ok()) << key;
    EXPECT_FALSE(text->empty()) << key;
  }
  EXPECT_EQ(
      machine.Get<std::string>("onednn")->find_first_not_of("0123456789."),
      std::string::npos);
}

}  // namespace
}  // namespace cairn
