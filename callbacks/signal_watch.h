#ifndef CAIRN_CALLBACKS_SIGNAL_WATCH_H_
#define CAIRN_CALLBACKS_SIGNAL_WATCH_H_

#include <cstdint>
#include <map>
#include <vector>

namespace cairn {

// Notices signals that the process gets, from when it is made until it is
// destroyed. Several may watch one signal; when the last has gone, what the
// signal did before is put back. A signal that was ignored, as under nohup,
// stays ignored and is not noticed.
//
// SIGINT and SIGTERM are noticed once: the same signal sent again does what it
// does without us and ends the process. One thread at a time.
class SignalWatch {
 public:
  explicit SignalWatch(const std::vector<int64_t>& signals);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  // One that has arrived since this was asked last, or 0.
  int Take();
  // The last that arrived at all, or 0.
  int last() const { return last_; }

 private:
  // How often each had arrived when it was last asked for.
  std::map<int, int> seen_;
  int last_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_CALLBACKS_SIGNAL_WATCH_H_
