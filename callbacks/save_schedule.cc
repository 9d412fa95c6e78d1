#include "callbacks/save_schedule.h"

#include <signal.h>
#include <string.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace cairn {
namespace {

using Kind = Trigger::Kind;

std::string CountOf(int64_t count, absl::string_view unit) {
  return count == 1 ? absl::StrCat("every ", unit)
                    : absl::StrCat("every ", count, " ", unit, "s");
}

}  // namespace

std::string SignalName(int signal) {
  const char* const name = sigabbrev_np(signal);
  return name == nullptr ? absl::StrCat("signal ", signal)
                         : absl::StrCat("SIG", name);
}

double SecondsOfSteadyClock() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

SaveSchedule::SaveSchedule(Trigger trigger, double overhead, FileSystem* files,
                           Clock clock)
    : trigger_(std::move(trigger)),
      overhead_(overhead),
      files_(files),
      clock_(std::move(clock)) {}

void SaveSchedule::Begin(int64_t step, double first_cost) {
  std::vector<int64_t> signals;
  for (const Trigger::Moment& moment : trigger_.any_of) {
    if (moment.kind != Kind::kOnSignal) continue;
    signals.insert(signals.end(), moment.numbers.begin(), moment.numbers.end());
  }
  signals_ = std::make_unique<SignalWatch>(signals);
  stop_signal_ = 0;
  request_.clear();
  begin_ = last_save_ = clock_();
  first_step_ = step;
  cost_ = first_cost;
  spent_ = 0;
}

void SaveSchedule::End() { signals_ = nullptr; }

bool SaveSchedule::BudgetAllows(double now) const {
  return overhead_ > 0 && spent_ + cost_ <= overhead_ * (now - begin_);
}

std::string SaveSchedule::TakeSignal() {
  const int signal = signals_ == nullptr ? 0 : signals_->Take();
  if (signal == 0) return "";
  if (signal == SIGINT || signal == SIGTERM) stop_signal_ = signal;
  return absl::StrCat("on ", SignalName(signal));
}

absl::StatusOr<std::string> SaveSchedule::FindRequest() {
  if (!request_.empty()) return "";
  for (const Trigger::Moment& moment : trigger_.any_of) {
    if (moment.kind != Kind::kOnRequest) continue;
    CAIRN_ASSIGN_OR_RETURN(const bool asked, files_->Exists(moment.path));
    if (!asked) continue;
    request_ = moment.path;
    return absl::StrCat("asked for by ", moment.path);
  }
  return "";
}

absl::StatusOr<std::string> SaveSchedule::DueAfterStep(int64_t step) {
  const double now = clock_();
  std::string why = TakeSignal();
  if (why.empty()) {
    CAIRN_ASSIGN_OR_RETURN(why, FindRequest());
  }
  for (const Trigger::Moment& moment : trigger_.any_of) {
    if (!why.empty()) break;
    if (moment.kind == Kind::kEverySteps && step % moment.count == 0) {
      why = CountOf(moment.count, "step");
    } else if (moment.kind == Kind::kEverySeconds &&
               now - last_save_ >= moment.seconds) {
      why = absl::StrCat("every ", moment.seconds, " seconds");
    } else if (moment.kind == Kind::kAtSteps &&
               std::count(moment.numbers.begin(), moment.numbers.end(), step) >
                   0) {
      why = absl::StrCat("at step ", step);
    }
  }
  if (why.empty() && BudgetAllows(now)) {
    why = absl::StrCat("within ", 100 * overhead_, " % of the time");
  }
  return why;
}

absl::StatusOr<std::string> SaveSchedule::DueWhileEvaluating() {
  std::string why = TakeSignal();
  if (!why.empty()) return why;
  return FindRequest();
}

std::string SaveSchedule::DueAfterEpoch(int64_t epochs) {
  for (const Trigger::Moment& moment : trigger_.any_of) {
    if (moment.kind == Kind::kEveryEpochs && epochs % moment.count == 0) {
      return moment.count == 1 ? "end of epoch"
                               : CountOf(moment.count, "epoch");
    }
  }
  return "";
}

void SaveSchedule::NoteCost(double seconds) {
  cost_ = seconds;
  spent_ += seconds;
}

absl::Status SaveSchedule::AnswerRequest() {
  if (request_.empty()) return absl::OkStatus();
  const absl::Status removed = files_->Remove(std::exchange(request_, ""));
  return absl::IsNotFound(removed) ? absl::OkStatus() : removed;
}

int64_t SaveSchedule::StepsPerSave(int64_t step) const {
  const double training = clock_() - begin_ - spent_;
  const int64_t steps = step - first_step_;
  if (overhead_ <= 0 || training <= 0 || steps <= 0) return 0;
  return std::max<int64_t>(1, std::llround(cost_ / overhead_ / training *
                                           static_cast<double>(steps)));
}

}  // namespace cairn
