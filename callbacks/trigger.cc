#include "callbacks/trigger.h"

#include <signal.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace cairn {
namespace {

absl::Status CheckPositive(double count, absl::string_view what) {
  if (count > 0 && std::isfinite(count)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the interval of saves in ", what, " must be positive, got ", count));
}

absl::Status CheckMoment(const Trigger::Moment& moment) {
  using Kind = Trigger::Kind;
  switch (moment.kind) {
    case Kind::kEveryEpochs:
      return CheckPositive(static_cast<double>(moment.count), "epochs");
    case Kind::kEverySteps:
      return CheckPositive(static_cast<double>(moment.count), "steps");
    case Kind::kEverySeconds:
      return CheckPositive(moment.seconds, "seconds");
    case Kind::kAtSteps:
      if (moment.numbers.empty()) {
        return absl::InvalidArgumentError("AtSteps() names no step");
      }
      for (const int64_t step : moment.numbers) {
        if (step > 0) continue;
        return absl::InvalidArgumentError(
            absl::StrCat("AtSteps() names step ", step, "; the first is 1"));
      }
      return absl::OkStatus();
    case Kind::kOnSignal:
      for (const int64_t signal : moment.numbers) {
        if (signal > 0 && signal < NSIG && signal != SIGKILL &&
            signal != SIGSTOP) {
          continue;
        }
        return absl::InvalidArgumentError(absl::StrCat(
            "OnSignal(): no program can wait for signal ", signal));
      }
      return absl::OkStatus();
    case Kind::kOnRequest:
      if (!moment.path.empty()) return absl::OkStatus();
      return absl::InvalidArgumentError("OnRequest() names no file");
    case Kind::kOnBest:
    case Kind::kAtEnd:
    case Kind::kOnError:
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

}  // namespace

bool Trigger::Has(Kind kind) const {
  return std::any_of(any_of.begin(), any_of.end(),
                     [&](const Moment& one) { return one.kind == kind; });
}

absl::Status Trigger::Check() const {
  if (any_of.empty()) {
    return absl::InvalidArgumentError(
        "the trigger has no moment; give one, such as EveryEpochs(1)");
  }
  for (const Moment& moment : any_of) {
    CAIRN_RETURN_IF_ERROR(CheckMoment(moment));
  }
  return absl::OkStatus();
}

Trigger EveryEpochs(int64_t count) {
  return {{{.kind = Trigger::Kind::kEveryEpochs, .count = count}}};
}

Trigger EverySteps(int64_t count) {
  return {{{.kind = Trigger::Kind::kEverySteps, .count = count}}};
}

Trigger EverySeconds(double seconds) {
  return {{{.kind = Trigger::Kind::kEverySeconds, .seconds = seconds}}};
}

Trigger AtSteps(std::vector<int64_t> steps) {
  return {{{.kind = Trigger::Kind::kAtSteps, .numbers = std::move(steps)}}};
}

Trigger OnBest() { return {{{.kind = Trigger::Kind::kOnBest}}}; }

Trigger AtEnd() { return {{{.kind = Trigger::Kind::kAtEnd}}}; }

Trigger OnError() { return {{{.kind = Trigger::Kind::kOnError}}}; }

Trigger OnSignal(std::vector<int64_t> signals) {
  return {{{.kind = Trigger::Kind::kOnSignal, .numbers = std::move(signals)}}};
}

Trigger OnSignal() { return OnSignal({SIGINT, SIGTERM, SIGUSR1}); }

Trigger OnRequest(std::string path) {
  return {{{.kind = Trigger::Kind::kOnRequest, .path = std::move(path)}}};
}

Trigger AnyOf(std::initializer_list<Trigger> triggers) {
  Trigger all;
  for (const Trigger& trigger : triggers) {
    all.any_of.insert(all.any_of.end(), trigger.any_of.begin(),
                      trigger.any_of.end());
  }
  return all;
}

}  // namespace cairn
