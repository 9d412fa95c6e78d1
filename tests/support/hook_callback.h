#ifndef CAIRN_TESTS_SUPPORT_HOOK_CALLBACK_H_
#define CAIRN_TESTS_SUPPORT_HOOK_CALLBACK_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/training/callback.h"

namespace cairn {

// Writes down every hook that is called, under Keras's name, and hands it on.
// "on_data_wait" is only handed on: how often it is called is chance. So is
// "on_save_point", which Keras has not.
class HookCallback : public StatelessCallback {
 public:
  using Function = std::function<absl::Status(
      const std::string& hook, TrainingSession& session, const Logs& logs)>;

  explicit HookCallback(Function function = nullptr)
      : function_(std::move(function)) {}

  const std::vector<std::string>& calls() const { return calls_; }

  absl::string_view class_name() const override { return "HookCallback"; }
  absl::Status OnTrainBegin(TrainingSession& s) override {
    return Call("on_train_begin", s);
  }
  absl::Status OnTrainEnd(TrainingSession& s, const Logs& logs) override {
    return Call("on_train_end", s, logs);
  }
  absl::Status OnEpochBegin(TrainingSession& s) override {
    return Call("on_epoch_begin", s);
  }
  absl::Status OnEpochEnd(TrainingSession& s, const Logs& logs) override {
    return Call("on_epoch_end", s, logs);
  }
  absl::Status OnTrainBatchBegin(TrainingSession& s) override {
    return Call("on_train_batch_begin", s);
  }
  absl::Status OnTrainBatchEnd(TrainingSession& s, const Logs& logs) override {
    return Call("on_train_batch_end", s, logs);
  }
  absl::Status OnDataWait(TrainingSession& s, const Logs& logs) override {
    return HandOn("on_data_wait", s, logs);
  }
  absl::Status OnTestBegin(TrainingSession& s) override {
    return Call("on_test_begin", s);
  }
  absl::Status OnTestEnd(TrainingSession& s, const Logs& logs) override {
    return Call("on_test_end", s, logs);
  }
  absl::Status OnTestBatchBegin(TrainingSession& s) override {
    return Call("on_test_batch_begin", s);
  }
  absl::Status OnTestBatchEnd(TrainingSession& s, const Logs& logs) override {
    return Call("on_test_batch_end", s, logs);
  }
  absl::Status OnSavePoint(TrainingSession& s, const Logs& logs) override {
    return HandOn("on_save_point", s, logs);
  }
  absl::Status OnPredictBegin(TrainingSession& s) override {
    return Call("on_predict_begin", s);
  }
  absl::Status OnPredictEnd(TrainingSession& s) override {
    return Call("on_predict_end", s);
  }
  absl::Status OnPredictBatchBegin(TrainingSession& s) override {
    return Call("on_predict_batch_begin", s);
  }
  absl::Status OnPredictBatchEnd(TrainingSession& s) override {
    return Call("on_predict_batch_end", s);
  }

 private:
  absl::Status Call(const std::string& hook, TrainingSession& session,
                    const Logs& logs = {}) {
    calls_.push_back(hook);
    return HandOn(hook, session, logs);
  }
  absl::Status HandOn(const std::string& hook, TrainingSession& session,
                      const Logs& logs) {
    return function_ == nullptr ? absl::OkStatus()
                                : function_(hook, session, logs);
  }

  const Function function_;
  std::vector<std::string> calls_;
};

}  // namespace cairn

#endif  // CAIRN_TESTS_SUPPORT_HOOK_CALLBACK_H_
