#include "core/base/status_macros.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"

namespace cairn {
namespace {

absl::StatusOr<std::unique_ptr<int>> MakeInt(int value) {
  if (value < 0) return absl::OutOfRangeError("negative");
  return std::make_unique<int>(value);
}

absl::StatusOr<int> Sum(int a, int b) {
  // Two on neighbouring lines, a declaration and what was declared before.
  std::unique_ptr<int> second;
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<int> first, MakeInt(a));
  CAIRN_ASSIGN_OR_RETURN(second, MakeInt(b));
  return *first + *second;
}

absl::Status Check(int value, int& passed) {
  if (value > 0)
    CAIRN_RETURN_IF_ERROR(MakeInt(value - 10).status());
  else
    ++passed;
  ++passed;
  return absl::OkStatus();
}

TEST(StatusMacrosTest, ValuesAreMovedOut) { EXPECT_EQ(*Sum(2, 3), 5); }

TEST(StatusMacrosTest, TheFirstErrorReturns) {
  EXPECT_EQ(Sum(-1, 3).status(), absl::OutOfRangeError("negative"));
  EXPECT_EQ(Sum(1, -3).status(), absl::OutOfRangeError("negative"));
}

TEST(StatusMacrosTest, AnErrorReturnsAndOkGoesOn) {
  int passed = 0;
  EXPECT_EQ(Check(5, passed), absl::OutOfRangeError("negative"));
  EXPECT_EQ(passed, 0);
  EXPECT_TRUE(Check(10, passed).ok());
  EXPECT_EQ(passed, 1);
  EXPECT_TRUE(Check(0, passed).ok());
  EXPECT_EQ(passed, 3);
}

}  // namespace
}  // namespace cairn
