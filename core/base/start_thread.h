#ifndef CAIRN_CORE_BASE_START_THREAD_H_
#define CAIRN_CORE_BASE_START_THREAD_H_

#include <functional>
#include <thread>

namespace cairn {

// Starts a thread that takes no signals: they go to the program's own threads,
// where a handler of its own may expect to run.
std::thread StartThread(std::function<void()> run);

}  // namespace cairn

#endif  // CAIRN_CORE_BASE_START_THREAD_H_
