#include "saving/async_writer.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <condition_variable>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/log.h"
#include "core/base/mutex.h"
#include "core/base/start_thread.h"

namespace cairn {
namespace {

// Of the nice values, 0 to 19: a tenth of the share of a thread that computes.
constexpr int kNice = 10;

}  // namespace

class AsyncWriter::Worker {
 public:
  Worker() : thread_(StartThread([this] { Run(); })) {}

  ~Worker() {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
    MutexLock lock(mutex_);
    if (!result_.ok()) {
      LogWarning(absl::StrCat("a write in the background failed: ",
                              result_.message()));
    }
  }

  void Start(std::function<absl::Status()> write) {
    {
      MutexLock lock(mutex_);
      CAIRN_CHECK(write_ == nullptr && result_.ok());
      write_ = std::move(write);
    }
    changed_.notify_all();
  }

  bool busy() const {
    MutexLock lock(mutex_);
    return write_ != nullptr;
  }

  absl::Status Poll() {
    MutexLock lock(mutex_);
    return write_ == nullptr ? std::exchange(result_, absl::OkStatus())
                             : absl::OkStatus();
  }

  absl::Status Wait() {
    MutexLock lock(mutex_);
    while (write_ != nullptr) changed_.wait(mutex_);
    return std::exchange(result_, absl::OkStatus());
  }

 private:
  void Run() {
    // Of this thread alone, as Linux has it. Where it is refused, writing takes
    // its full share.
    setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kNice);
    MutexLock lock(mutex_);
    for (;;) {
      while (write_ == nullptr && !stopping_) changed_.wait(mutex_);
      if (write_ == nullptr) return;
      const absl::Status result = RunUnlocked();
      result_ = result;
      // What it holds is released before anyone takes it for ended.
      write_ = nullptr;
      changed_.notify_all();
    }
  }

  absl::Status RunUnlocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    // A copy, as write_ may only be looked at under the lock.
    const std::function<absl::Status()> write = write_;
    mutex_.Unlock();
    absl::Status result = write();
    mutex_.Lock();
    return result;
  }

  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  // Null unless one is in flight.
  std::function<absl::Status()> write_ ABSL_GUARDED_BY(mutex_);
  absl::Status result_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

AsyncWriter::AsyncWriter() = default;

AsyncWriter::~AsyncWriter() = default;

void AsyncWriter::Start(std::function<absl::Status()> write) {
  if (worker_ == nullptr) worker_ = std::make_unique<Worker>();
  worker_->Start(std::move(write));
}

bool AsyncWriter::busy() const { return worker_ != nullptr && worker_->busy(); }

absl::Status AsyncWriter::Poll() {
  return worker_ == nullptr ? absl::OkStatus() : worker_->Poll();
}

absl::Status AsyncWriter::Wait() {
  return worker_ == nullptr ? absl::OkStatus() : worker_->Wait();
}

}  // namespace cairn
