#ifndef CAIRN_EXAMPLES_START_REPORT_H_
#define CAIRN_EXAMPLES_START_REPORT_H_

#include "cairn.h"

namespace cairn {

// Says before the first step whether a run begins or goes on, and where. A
// callback as a user would write one; list it after the ModelCheckpoint.
class StartReport : public StatelessCallback {
 public:
  // `checkpoint` must outlive this. Silent if `verbose` is 0.
  StartReport(const ModelCheckpoint* checkpoint, bool silent)
      : checkpoint_(checkpoint), silent_(silent) {}
  absl::string_view class_name() const override { return "StartReport"; }

  // Whether there was nothing left to train.
  bool was_finished() const { return was_finished_; }

  absl::Status OnTrainBegin(TrainingSession& session) override;
  absl::Status OnTrainEnd(TrainingSession& session, const Logs& logs) override;

 private:
  const ModelCheckpoint* const checkpoint_;
  const bool silent_;
  int64_t first_step_ = 0;
  bool was_finished_ = false;
};

}  // namespace cairn

#endif  // CAIRN_EXAMPLES_START_REPORT_H_
