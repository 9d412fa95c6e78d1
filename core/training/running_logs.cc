#include "core/training/running_logs.h"

#include <cmath>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cairn {

RunningLogs::RunningLogs(const std::string& prefix,
                         std::vector<MetricEntry> metrics)
    : loss_total_(std::make_shared<Variable>(
          absl::StrCat(prefix, "/loss/total"), TensorSpec(), false)),
      loss_count_(std::make_shared<Variable>(
          absl::StrCat(prefix, "/loss/count"), TensorSpec(), false)),
      metrics_(std::move(metrics)) {
  logs_.emplace_back("loss", 0.0);
  for (MetricEntry& entry : metrics_) {
    std::vector<Tensor> values;
    for (const auto& [name, spec] : entry.metric->totals()) {
      entry.totals.push_back(std::make_shared<Variable>(
          absl::StrCat(prefix, "/", entry.name, "/", name), spec, false));
      values.push_back(entry.totals.back()->value());
    }
    total_values_.push_back(std::move(values));
    logs_.emplace_back(entry.name, 0.0);
  }
}

std::vector<std::shared_ptr<Variable>> RunningLogs::totals() const {
  std::vector<std::shared_ptr<Variable>> all = {loss_total_, loss_count_};
  for (const MetricEntry& entry : metrics_) {
    all.insert(all.end(), entry.totals.begin(), entry.totals.end());
  }
  return all;
}

void RunningLogs::Reset() {
  for (const std::shared_ptr<Variable>& total : totals()) {
    const absl::Span<std::byte> bytes = total->mutable_value().mutable_bytes();
    std::memset(bytes.data(), 0, bytes.size());
  }
}

const Logs& RunningLogs::Compute() {
  const double count = loss_count_->value().values<float>()[0];
  logs_[0].second =
      count == 0 ? 0 : loss_total_->value().values<float>()[0] / count;
  for (size_t i = 0; i < metrics_.size(); ++i) {
    logs_[i + 1].second = metrics_[i].metric->Result(total_values_[i]);
  }
  return logs_;
}

bool RunningLogs::LossIsBad() const {
  return !std::isfinite(loss_total_->value().values<float>()[0]);
}

}  // namespace cairn
