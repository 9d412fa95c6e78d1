#include "core/runtime/onednn/library.h"

#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(LibraryTest, VersionAndInstructionsAreTold) {
  EXPECT_NE(OnednnVersion().find('.'), std::string::npos) << OnednnVersion();
  EXPECT_FALSE(OnednnInstructionSet().empty());
  EXPECT_EQ(OnednnInstructionSet(), OnednnInstructionSet());
}

}  // namespace
}  // namespace cairn
