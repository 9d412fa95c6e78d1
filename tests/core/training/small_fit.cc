#include "tests/core/training/small_fit.h"

#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "tests/support/hook_callback.h"
#include "tests/support/op_contract.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"

namespace cairn {

const Tensor& Inputs() {
  static const Tensor* const x = new Tensor(Spread({22, 5}, -1, 1));
  return *x;
}

const Tensor& Targets() {
  static const Tensor* const y = new Tensor(Spread({22, 3}, -1, 1));
  return *y;
}

std::unique_ptr<Sequential> MakeModel(uint64_t seed, int threads) {
  auto model = std::make_unique<Sequential>("m");
  model->Add<Dense>({.units = 16, .activation = "tanh"});
  model->Add<Dropout>({.rate = 0.3});
  model->Add<Dense>({.units = 3});
  EXPECT_TRUE(IsOk(model->set_seed(seed)));
  EXPECT_TRUE(IsOk(model->Compile({.optimizer = "adam",
                                   .loss = "mse",
                                   .metrics = {"accuracy"},
                                   .threads = threads})));
  return model;
}

FitOptions MakeOptions() {
  return {.epochs = 2,
          .batch_size = 8,
          .validation_data = Batches(Inputs(), Targets()),
          .verbose = 0};
}

Outcome FitWith(Model& model, FitOptions options, Callback* more) {
  Outcome outcome;
  HookCallback last(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook != "on_train_end") return absl::OkStatus();
        const absl::StatusOr<Snapshot> end = session.TakeSnapshot(AllParts());
        EXPECT_TRUE(IsOk(end));
        outcome.end = DescribeSnapshot(*end);
        return absl::OkStatus();
      });
  if (more != nullptr) options.callbacks.push_back(more);
  options.callbacks.push_back(&last);
  const absl::StatusOr<History> history =
      model.Fit(Inputs(), Targets(), options);
  EXPECT_TRUE(IsOk(history));
  if (history.ok()) outcome.history = history->ToConfig().ToJson();
  return outcome;
}

Snapshot TakeAll(TrainingSession& session) {
  const absl::StatusOr<Snapshot> snapshot = session.TakeSnapshot(AllParts());
  EXPECT_TRUE(IsOk(snapshot));
  return CloneSnapshot(*snapshot);
}

Outcome Resume(const Snapshot& snapshot, int threads) {
  // Of another seed, as the saved one counts.
  const auto fresh = MakeModel(99, threads);
  FitOptions options = MakeOptions();
  options.resume_from = &snapshot;
  return FitWith(*fresh, options);
}

Snapshot MidEpoch() {
  Snapshot snapshot;
  HookCallback taker(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_train_batch_end" && session.step() == 4) {
          snapshot = TakeAll(session);
        }
        return absl::OkStatus();
      });
  FitWith(*MakeModel(7), MakeOptions(), &taker);
  return snapshot;
}

}  // namespace cairn
