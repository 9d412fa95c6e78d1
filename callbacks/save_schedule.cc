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
  requests_.clear();
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

absl::StatusOr<std::string> SaveSchedule::FindRequests() {
  std::string why;
  for (const Trigger::Moment& moment : trigger_.any_of) {
    if (moment.kind != Kind::kOnRequest || requests_.count(moment.path) > 0) {
      continue;
    }
    CAIRN_ASSIGN_OR_RETURN(const bool asked, files_->Exists(moment.path));
    if (!asked) continue;
    requests_[moment.path] = false;
    if (why.empty()) why = absl::StrCat("asked for by ", moment.path);
  }
  return why;
}

std::string SaveSchedule::PlannedAfterStep(int64_t step) const {
  const double now = clock_();
  for (const Trigger::Moment& moment : trigger_.any_of) {
    if (moment.kind == Kind::kEverySteps && step % moment.count == 0) {
      return CountOf(moment.count, "step");
    }
    if (moment.kind == Kind::kEverySeconds &&
        now - last_save_ >= moment.seconds) {
      return absl::StrCat("every ", moment.seconds, " seconds");
    }
    if (moment.kind == Kind::kAtSteps &&
        std::count(moment.numbers.begin(), moment.numbers.end(), step) > 0) {
      return absl::StrCat("at step ", step);
    }
  }
  if (!BudgetAllows(now)) return "";
  return absl::StrCat("within ", 100 * overhead_, " % of the time");
}

absl::StatusOr<Due> SaveSchedule::DueAfterStep(int64_t step) {
  CAIRN_ASSIGN_OR_RETURN(Due due, DueBetweenSteps());
  const std::string plan = PlannedAfterStep(step);
  due.planned = !plan.empty();
  if (!due.asked_for) due.why = plan;
  return due;
}

absl::StatusOr<Due> SaveSchedule::DueBetweenSteps() {
  Due due{.why = TakeSignal()};
  CAIRN_ASSIGN_OR_RETURN(const std::string request, FindRequests());
  if (due.why.empty()) due.why = request;
  due.asked_for = !due.why.empty();
  return due;
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

std::vector<std::string> SaveSchedule::BeginSave() {
  last_save_ = clock_();
  std::vector<std::string> begun;
  for (auto& [path, is_written] : requests_) {
    if (!std::exchange(is_written, true)) begun.push_back(path);
  }
  return begun;
}

absl::Status SaveSchedule::EndSave(const std::vector<std::string>& requests,
                                   bool in_place) {
  for (const std::string& path : requests) {
    if (!in_place) {
      requests_[path] = false;
      continue;
    }
    requests_.erase(path);
    const absl::Status removed = files_->Remove(path);
    if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
  }
  return absl::OkStatus();
}

int64_t SaveSchedule::StepsPerSave(int64_t step) const {
  const double training = clock_() - begin_ - spent_;
  const int64_t steps = step - first_step_;
  if (overhead_ <= 0 || training <= 0 || steps <= 0) return 0;
  return std::max<int64_t>(1, std::llround(cost_ / overhead_ / training *
                                           static_cast<double>(steps)));
}

}  // namespace cairn
