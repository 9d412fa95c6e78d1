#ifndef CAIRN_CORE_RUNTIME_TEAM_CHOICE_H_
#define CAIRN_CORE_RUNTIME_TEAM_CHOICE_H_

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>

namespace cairn {

// Whether a plan runs faster on its team or on the calling thread alone. The
// bits are the same, so it is found out while training: a few runs are timed
// each way, now and again anew, as another program may have come or gone. What
// the trials cost is about a hundredth. A step so small that handing out
// its tasks costs more than they do is thus run alone, and two threads are
// never slower than one.
class TeamChoice {
 public:
  // For the next run.
  bool use_team() const {
    return in_trial() ? run_ < kWarmUp || block() % 2 == 0 : chosen_;
  }

  // How long the run took that use_team() was asked for.
  void Record(std::chrono::nanoseconds elapsed) {
    // The first of a block pays for the change: a thread that sleeps, caches.
    if (in_trial() && run_ >= kWarmUp && (run_ - kWarmUp) % kBlock > 0) {
      Way& way = block() % 2 == 0 ? with_team_ : alone_;
      way.times[way.count++] = elapsed;
    }
    ++run_;
    if (run_ == kTrial) {
      Decide();
    } else if (run_ == kTrial + runs_between_) {
      run_ = kWarmUp;
    }
  }

 private:
  static constexpr int kWarmUp = 30;
  static constexpr int kBlock = 4;
  static constexpr int kBlocks = 8;
  static constexpr int kTrial = kWarmUp + kBlocks * kBlock;
  // Runs until the next trial: few after a change, which something that passes
  // may have caused; more each time that the choice is confirmed.
  static constexpr int kLeastBetween = 200;
  static constexpr int kMostBetween = 3200;
  static constexpr int kTimed = kBlocks / 2 * (kBlock - 1);

  struct Way {
    std::array<std::chrono::nanoseconds, kTimed> times;
    int count = 0;

    // Of all but the two slowest runs, which something else may have held up.
    // What holds up more belongs to the way.
    std::chrono::nanoseconds Cost() {
      std::sort(times.begin(), times.end());
      return std::accumulate(times.begin(), times.end() - 2,
                             std::chrono::nanoseconds(0));
    }
  };

  void Decide() {
    const bool better = with_team_.Cost() <= alone_.Cost();
    runs_between_ = better == chosen_
                        ? std::min(2 * runs_between_, kMostBetween)
                        : kLeastBetween;
    chosen_ = better;
    with_team_.count = alone_.count = 0;
  }

  bool in_trial() const { return run_ < kTrial; }
  int block() const { return (run_ - kWarmUp) / kBlock; }

  int run_ = 0;
  bool chosen_ = true;
  int runs_between_ = kLeastBetween / 2;
  Way with_team_, alone_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_RUNTIME_TEAM_CHOICE_H_
