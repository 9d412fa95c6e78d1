#ifndef CAIRN_SAVING_ASYNC_WRITER_H_
#define CAIRN_SAVING_ASYNC_WRITER_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"

namespace cairn {

// Does one write at a time on a thread of its own, which yields to those that
// compute. No error is lost: each is told once, by Poll() or Wait(). All calls
// come from one thread.
class AsyncWriter {
 public:
  // Makes no thread yet.
  AsyncWriter();
  // Finishes the write in flight. An error that was not told is logged.
  ~AsyncWriter();
  AsyncWriter(const AsyncWriter&) = delete;
  AsyncWriter& operator=(const AsyncWriter&) = delete;

  // Begins `write`. Everything it uses must live until it has ended.
  // REQUIRES: !busy(), and the error of the one before has been told.
  void Start(std::function<absl::Status()> write);
  // Whether a write is in flight.
  bool busy() const;
  // How the write ended that was started last, if it has ended and nobody has
  // been told; else OK. Never waits.
  absl::Status Poll();
  // The same once it has ended.
  absl::Status Wait();

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace cairn

#endif  // CAIRN_SAVING_ASYNC_WRITER_H_
