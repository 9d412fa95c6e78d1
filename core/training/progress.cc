#include "core/training/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace cairn {
namespace {

constexpr int kBarWidth = 30;
constexpr absl::Duration kDrawEvery = absl::Milliseconds(50);

// "2s", "1:05" or "1:02:03", as Keras prints the time left.
std::string ClockText(absl::Duration duration) {
  const int64_t seconds = absl::ToInt64Seconds(duration);
  if (seconds >= 3600) {
    return absl::StrFormat("%d:%02d:%02d", seconds / 3600, seconds % 3600 / 60,
                           seconds % 60);
  }
  if (seconds >= 60)
    return absl::StrFormat("%d:%02d", seconds / 60, seconds % 60);
  return absl::StrFormat("%ds", seconds);
}

std::string PerStepText(double seconds) {
  if (seconds >= 1) return absl::StrFormat("%.0fs/step", seconds);
  if (seconds >= 1e-3) return absl::StrFormat("%.0fms/step", seconds * 1e3);
  return absl::StrFormat("%.0fus/step", seconds * 1e6);
}

std::string BarText(int64_t done, int64_t total, bool finished) {
  const int filled = static_cast<int>(kBarWidth * done / total);
  std::string bar(kBarWidth, '.');
  std::fill_n(bar.begin(), filled, '=');
  if (filled > 0 && !finished && done < total) bar[filled - 1] = '>';
  return absl::StrCat("[", bar, "]");
}

std::string LogsText(const Logs& logs) {
  std::string text;
  for (const auto& [name, value] : logs) {
    // Small numbers would all be 0.0000.
    if (std::isfinite(value) && value != 0 && std::fabs(value) <= 1e-3) {
      absl::StrAppend(&text, " - ", name, ": ", absl::StrFormat("%.4e", value));
    } else {
      absl::StrAppend(&text, " - ", name, ": ", absl::StrFormat("%.4f", value));
    }
  }
  return text;
}

}  // namespace

Verbosity ChooseVerbosity(const int* asked) {
  if (asked == nullptr) {
    return isatty(STDOUT_FILENO) ? Verbosity::kBar : Verbosity::kLines;
  }
  if (*asked <= 0) return Verbosity::kSilent;
  return *asked == 1 ? Verbosity::kBar : Verbosity::kLines;
}

std::string ProgressText(int64_t done, int64_t total, absl::Duration elapsed,
                         bool finished, const Logs& logs) {
  std::string text =
      total > 0
          ? absl::StrFormat("%*d/%d ", absl::StrCat(total).size(), done, total)
          : absl::StrFormat("%d/Unknown ", done);
  if (total > 0) absl::StrAppend(&text, BarText(done, total, finished));
  const double per_step =
      done > 0 ? absl::ToDoubleSeconds(elapsed) / static_cast<double>(done) : 0;
  if (finished || total == 0) {
    absl::StrAppend(&text, total > 0 ? " - " : "- ", ClockText(elapsed), " ",
                    PerStepText(per_step));
  } else {
    absl::StrAppend(
        &text, " - ETA: ",
        ClockText(absl::Seconds(per_step * static_cast<double>(total - done))));
  }
  return absl::StrCat(text, LogsText(logs));
}

bool Progress::WantsUpdate() const {
  return verbosity_ == Verbosity::kBar && absl::Now() >= next_draw_;
}

void Progress::Update(int64_t done, int64_t skipped, const Logs& logs) {
  if (!WantsUpdate()) return;
  Draw(done, skipped, false, logs);
  next_draw_ = absl::Now() + kDrawEvery;
}

void Progress::Draw(int64_t done, int64_t skipped, bool finished,
                    const Logs& logs) {
  absl::Duration elapsed = absl::Now() - begin_;
  // The time of what was done before is taken to be the same.
  if (done > skipped && skipped > 0) {
    elapsed *= static_cast<double>(done) / static_cast<double>(done - skipped);
  }
  std::string text = ProgressText(done, total_, elapsed, finished, logs);
  const size_t width = text.size();
  // What is left of a longer line is overwritten.
  if (width < drawn_width_) text.append(drawn_width_ - width, ' ');
  drawn_width_ = width;
  std::printf("\r%s%s", text.c_str(), finished ? "\n" : "");
  std::fflush(stdout);
}

void Progress::Finish(int64_t done, int64_t skipped, const Logs& logs,
                      const std::string& line_prefix) {
  if (verbosity_ == Verbosity::kBar) {
    Draw(done, skipped, true, logs);
  } else if (verbosity_ == Verbosity::kLines) {
    const absl::Duration elapsed = absl::Now() - begin_;
    const double per_step = done > skipped
                                ? absl::ToDoubleSeconds(elapsed) /
                                      static_cast<double>(done - skipped)
                                : 0;
    std::printf("%s%d/%d - %s - %s%s\n", line_prefix.c_str(),
                static_cast<int>(done), static_cast<int>(done),
                ClockText(elapsed).c_str(), PerStepText(per_step).c_str(),
                LogsText(logs).c_str());
    std::fflush(stdout);
  }
}

void Progress::Abandon() {
  if (verbosity_ != Verbosity::kBar || drawn_width_ == 0) return;
  std::printf("\n");
  std::fflush(stdout);
  drawn_width_ = 0;
}

void PrintEpoch(Verbosity verbosity, int64_t epoch, int64_t epochs) {
  if (verbosity != Verbosity::kBar) return;
  std::printf("Epoch %d/%d\n", static_cast<int>(epoch),
              static_cast<int>(epochs));
  std::fflush(stdout);
}

}  // namespace cairn
