#ifndef CAIRN_TESTS_SUPPORT_STATUS_MATCHERS_H_
#define CAIRN_TESTS_SUPPORT_STATUS_MATCHERS_H_

#include <initializer_list>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace cairn {

inline const absl::Status& StatusOf(const absl::Status& status) {
  return status;
}
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& value) {
  return value.status();
}

// EXPECT_TRUE(IsOk(status)) prints the error.
template <typename T>
::testing::AssertionResult IsOk(const T& status) {
  if (StatusOf(status).ok()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << StatusOf(status);
}

// EXPECT_TRUE(IsError(status, code, {"units", "-1"})): an error of that code
// whose message has all of these parts.
template <typename T>
::testing::AssertionResult IsError(
    const T& status, absl::StatusCode code,
    std::initializer_list<absl::string_view> parts) {
  const absl::Status& error = StatusOf(status);
  if (error.code() != code) {
    return ::testing::AssertionFailure()
           << "is " << error << ", not " << absl::StatusCodeToString(code);
  }
  for (const absl::string_view part : parts) {
    if (!absl::StrContains(error.message(), part)) {
      return ::testing::AssertionFailure()
             << error << "\ndoes not say \"" << part << "\"";
    }
  }
  return ::testing::AssertionSuccess();
}

}  // namespace cairn

#define CAIRN_TEST_NAME_(a, b) CAIRN_TEST_NAME_AGAIN_(a, b)
#define CAIRN_TEST_NAME_AGAIN_(a, b) a##b
#define CAIRN_ASSERT_OK_AND_ASSIGN(lhs, expression)                           \
  CAIRN_ASSERT_OK_AND_ASSIGN_(CAIRN_TEST_NAME_(cairn_test_result_, __LINE__), \
                              lhs, expression)
#define CAIRN_ASSERT_OK_AND_ASSIGN_(result, lhs, expression) \
  auto result = (expression);                                \
  ASSERT_TRUE(::cairn::IsOk(result));                        \
  lhs = *std::move(result)

#endif  // CAIRN_TESTS_SUPPORT_STATUS_MATCHERS_H_
