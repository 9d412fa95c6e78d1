#ifndef CAIRN_CORE_RUNTIME_TASK_SPLIT_H_
#define CAIRN_CORE_RUNTIME_TASK_SPLIT_H_

#include <algorithm>
#include <cstdint>

namespace cairn {

// A range cut into tasks of equal size but for the last.
struct TaskSplit {
  int tasks = 1;
  int64_t size = 0;  // Of a task.

  int64_t begin(int task) const { return task * size; }
  int64_t end(int task, int64_t count) const {
    return std::min(count, (task + 1) * size);
  }
};

// Cuts `count` items into at most 16 tasks of about `per_task` items or more,
// at multiples of `multiple`. A function of its arguments alone.
inline TaskSplit SplitTasks(int64_t count, int64_t per_task, int64_t multiple) {
  constexpr int64_t kMaxTasks = 16;
  const int64_t wanted =
      std::clamp<int64_t>(count / std::max<int64_t>(per_task, 1), 1, kMaxTasks);
  int64_t size = (count + wanted - 1) / wanted;
  size = std::max<int64_t>((size + multiple - 1) / multiple * multiple, 1);
  return {static_cast<int>(std::max<int64_t>((count + size - 1) / size, 1)),
          size};
}

}  // namespace cairn

#endif  // CAIRN_CORE_RUNTIME_TASK_SPLIT_H_
