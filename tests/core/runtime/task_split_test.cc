#include "core/runtime/task_split.h"

#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(TaskSplitTest, TasksCoverTheRangeOnceInOrder) {
  for (const int64_t count : {0, 1, 2, 15, 16, 17, 100, 1000, 12345}) {
    for (const int64_t per_task : {-1, 0, 1, 3, 64, 1000, 100000}) {
      for (const int64_t multiple : {1, 4, 64}) {
        SCOPED_TRACE(testing::Message()
                     << count << " by " << per_task << " at " << multiple);
        const TaskSplit split = SplitTasks(count, per_task, multiple);
        ASSERT_GE(split.tasks, 1);
        EXPECT_LE(split.tasks, 16);
        EXPECT_EQ(split.begin(0), 0);
        for (int task = 0; task < split.tasks; ++task) {
          EXPECT_EQ(split.begin(task) % multiple, 0);
          if (task > 0) {
            EXPECT_EQ(split.begin(task), split.end(task - 1, count));
          }
          if (count > 0) {
            EXPECT_LT(split.begin(task), split.end(task, count));
          }
        }
        EXPECT_EQ(split.end(split.tasks - 1, count), count);
      }
    }
  }
}

TEST(TaskSplitTest, ATaskIsNotSmallerThanAskedForButForTheLast) {
  EXPECT_EQ(SplitTasks(100, 30, 1).tasks, 3);
  EXPECT_EQ(SplitTasks(29, 30, 1).tasks, 1);
  EXPECT_EQ(SplitTasks(1000, 1, 1).tasks, 16);
  EXPECT_EQ(SplitTasks(100, 1, 64).tasks, 2);
}

}  // namespace
}  // namespace cairn
