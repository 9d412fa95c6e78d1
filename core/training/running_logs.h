#ifndef CAIRN_CORE_TRAINING_RUNNING_LOGS_H_
#define CAIRN_CORE_TRAINING_RUNNING_LOGS_H_

#include <memory>
#include <string>
#include <vector>

#include "core/graph/variable.h"
#include "core/training/history.h"
#include "core/training/metric.h"

namespace cairn {

// A metric of a run with its totals.
struct MetricEntry {
  std::string name;
  std::shared_ptr<const Metric> metric;  // After Metric::Choose().
  std::vector<std::shared_ptr<Variable>> totals;
};

// The loss and the metrics over one epoch or one evaluation: totals that steps
// add to, and what they come to.
class RunningLogs {
 public:
  // Totals are named "<prefix>/loss/total" and so on.
  RunningLogs(const std::string& prefix, std::vector<MetricEntry> metrics);

  const std::shared_ptr<Variable>& loss_total() const { return loss_total_; }
  const std::shared_ptr<Variable>& loss_count() const { return loss_count_; }
  const std::vector<MetricEntry>& metrics() const { return metrics_; }
  // All totals, in a fixed order.
  std::vector<std::shared_ptr<Variable>> totals() const;

  void Reset();
  // "loss" and the metrics, from the totals as they are now. The same object
  // each time, so that a step allocates nothing.
  const Logs& Compute();
  // Whether the loss of the batches so far is not a number or infinite.
  bool LossIsBad() const;

 private:
  std::shared_ptr<Variable> loss_total_, loss_count_;
  std::vector<MetricEntry> metrics_;
  std::vector<std::vector<Tensor>> total_values_;  // Aliases, per metric.
  Logs logs_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_RUNNING_LOGS_H_
