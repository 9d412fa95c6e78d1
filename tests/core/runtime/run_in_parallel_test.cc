#include "core/runtime/run_in_parallel.h"

#include <atomic>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(RunInParallelTest, EachTaskRunsOnce) {
  for (const int64_t tasks : {0, 1, 2, 1000}) {
    std::vector<std::atomic<int>> runs(tasks);
    const absl::Status status = RunInParallel(tasks, [&](int64_t task) {
      ++runs[task];
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    for (const std::atomic<int>& count : runs) EXPECT_EQ(count, 1);
  }
}

TEST(RunInParallelTest, TheErrorIsThatOfTheLowestTask) {
  for (int round = 0; round < 200; ++round) {
    const absl::Status status = RunInParallel(100, [](int64_t task) {
      return task < 7 ? absl::OkStatus()
                      : absl::DataLossError(absl::StrCat("task ", task));
    });
    EXPECT_EQ(status, absl::DataLossError("task 7"));
  }
}

TEST(RunInParallelTest, NothingRunsOnceItHasReturned) {
  for (int round = 0; round < 200; ++round) {
    std::atomic<bool> is_over = false;
    std::atomic<int> late = 0;
    const absl::Status status = RunInParallel(20, [&](int64_t task) {
      if (is_over) ++late;
      return task == 3 ? absl::UnavailableError("no") : absl::OkStatus();
    });
    is_over = true;
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(late, 0);
  }
}

}  // namespace
}  // namespace cairn
