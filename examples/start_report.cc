#include "examples/start_report.h"

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"

namespace cairn {

absl::Status StartReport::OnTrainBegin(TrainingSession& session) {
  const auto& resumed = checkpoint_->resumed();
  first_step_ = session.step();
  if (silent_) return absl::OkStatus();
  std::string text = "Begins a new run";
  if (resumed.has_value() && resumed->epoch >= session.epochs()) {
    text = absl::StrCat("All ", session.epochs(),
                        " epochs are done already: ", resumed->prefix);
  } else if (resumed.has_value()) {
    text = absl::StrCat("Goes on after step ", resumed->step, ", in epoch ",
                        resumed->epoch + 1, " of ", session.epochs(), ": ",
                        resumed->prefix);
  }
  std::printf("%s.\n", text.c_str());
  std::fflush(stdout);
  return absl::OkStatus();
}

absl::Status StartReport::OnTrainEnd(TrainingSession& session, const Logs&) {
  was_finished_ = session.step() == first_step_ && !session.stop_requested();
  return absl::OkStatus();
}

}  // namespace cairn
