// What callbacks are told by a session and may ask of it.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/data/batch_source.h"
#include "core/data/shuffle.h"
#include "core/data/tensor_samples.h"
#include "core/training/trainer.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
#include "optimizers/sgd.h"
#include "tests/core/training/small_fit.h"
#include "tests/support/forwarding_source.h"
#include "tests/support/hook_callback.h"
#include "tests/support/op_contract.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
using Strings = std::vector<std::string>;
using Function = HookCallback::Function;

// Calls `act` the `count`-th time that `wanted` is called.
Function At(const std::string& wanted, int count,
            std::function<void(TrainingSession&)> act) {
  return [wanted, count, act, seen = 0](const std::string& hook,
                                        TrainingSession& session,
                                        const Logs&) mutable {
    if (hook == wanted && ++seen == count) act(session);
    return absl::OkStatus();
  };
}

int64_t Count(const HookCallback& hooks, const std::string& name) {
  return std::count(hooks.calls().begin(), hooks.calls().end(), name);
}

TEST(SessionTest, LogNamesAreThoseThatAnEpochWillHave) {
  Strings told, logged;
  bool validates = false;
  HookCallback reader(
      [&](const std::string& hook, TrainingSession& session, const Logs& logs) {
        if (hook == "on_train_begin") {
          told = session.log_names();
          validates = session.has_validation();
        }
        if (hook == "on_epoch_end") {
          logged.clear();
          for (const auto& [name, value] : logs) logged.push_back(name);
        }
        return absl::OkStatus();
      });
  FitWith(*MakeModel(7), MakeOptions(), &reader);
  EXPECT_EQ(told, (Strings{"loss", "accuracy", "val_loss", "val_accuracy"}));
  EXPECT_EQ(told, logged);
  EXPECT_TRUE(validates);
  FitOptions options = MakeOptions();
  options.validation_data = Batches();
  FitWith(*MakeModel(7), options, &reader);
  EXPECT_EQ(told, (Strings{"loss", "accuracy"}));
  EXPECT_EQ(told, logged);
  EXPECT_FALSE(validates);
  HookCallback alone(
      [&](const std::string&, TrainingSession& session, const Logs&) {
        told = session.log_names();
        EXPECT_TRUE(session.evaluating());
        return absl::OkStatus();
      });
  const auto model = MakeModel(7);
  EXPECT_TRUE(IsOk(model->Evaluate(Inputs(), Targets(),
                                   {.verbose = 0, .callbacks = {&alone}})));
  EXPECT_EQ(told, (Strings{"loss", "accuracy"}));
}

TEST(SessionTest, ASessionSaysWhetherItEvaluates) {
  HookCallback reader(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        const bool test =
            hook.find("on_test_batch") == 0 || hook == "on_test_begin";
        if (hook != "on_test_end") {
          EXPECT_EQ(session.evaluating(), test) << hook;
        }
        EXPECT_EQ(session.batch_size(), 8);
        EXPECT_EQ(session.seed(), 7);
        EXPECT_FALSE(session.dry_run());
        return absl::OkStatus();
      });
  FitWith(*MakeModel(7), MakeOptions(), &reader);
}

std::string RunId(Model& model, FitOptions options) {
  std::string id;
  HookCallback reader(
      [&](const std::string&, TrainingSession& session, const Logs&) {
        EXPECT_TRUE(id.empty() || id == session.run_id());
        id = session.run_id();
        return absl::OkStatus();
      });
  FitWith(model, std::move(options), &reader);
  return id;
}

TEST(SessionTest, AnEqualRunHasAnEqualIdAndAResumedOneKeepsIt) {
  const std::string id = RunId(*MakeModel(7), MakeOptions());
  EXPECT_EQ(id.size(), 16);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos) << id;
  EXPECT_EQ(RunId(*MakeModel(7, 2), MakeOptions()), id) << "another team";
  FitOptions longer = MakeOptions();
  longer.epochs = 3;
  EXPECT_EQ(RunId(*MakeModel(7), longer), id);
  EXPECT_NE(RunId(*MakeModel(8), MakeOptions()), id);
  FitOptions seed = MakeOptions(), size = MakeOptions();
  seed.seed = 8;
  EXPECT_NE(RunId(*MakeModel(7), seed), id);
  size.batch_size = 9;
  EXPECT_NE(RunId(*MakeModel(7), size), id);

  const Snapshot snapshot = MidEpoch();
  CAIRN_ASSERT_OK_AND_ASSIGN(
      const std::string saved,
      snapshot.extras.at("run").values.Get<std::string>("id"));
  EXPECT_EQ(saved, id);
  FitOptions resumed = MakeOptions();
  resumed.resume_from = &snapshot;
  std::string after;
  HookCallback reader(At("on_train_end", 1, [&](TrainingSession& session) {
    after = session.run_id();
  }));
  FitWith(*MakeModel(99), resumed, &reader);
  EXPECT_EQ(after, id);
}

// A rate that halves with each step.
class Halving : public Optimizer {
 public:
  absl::string_view class_name() const override { return "Halving"; }
  Config GetConfig() const override { return Config::Object(); }
  double LearningRate(int64_t step) const override {
    return std::ldexp(0.5, static_cast<int>(-step));
  }
  Value Update(UpdateContext& context, Value weight,
               Value gradient) const override {
    return SGD().Update(context, weight, gradient);
  }
};

std::unique_ptr<Sequential> MakeHalving(uint64_t seed) {
  auto model = std::make_unique<Sequential>("m");
  model->Add<Dense>({.units = 3});
  EXPECT_TRUE(IsOk(model->set_seed(seed)));
  EXPECT_TRUE(IsOk(model->Compile({.optimizer = Halving(), .loss = "mse"})));
  return model;
}

TEST(SessionTest, TheOptimizersScheduleIsFollowed) {
  std::vector<float> rates;
  HookCallback reader(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_train_batch_begin") {
          rates.push_back(session.learning_rate());
        }
        return absl::OkStatus();
      });
  Snapshot middle;
  HookCallback taker(At("on_train_batch_end", 4, [&](TrainingSession& session) {
    middle = TakeAll(session);
  }));
  FitOptions options = MakeOptions();
  options.callbacks = {&reader};
  const auto model = MakeHalving(7);
  const Outcome unbroken = FitWith(*model, options, &taker);
  EXPECT_EQ(rates, (std::vector<float>{0x1p-1f, 0x1p-2f, 0x1p-3f, 0x1p-4f,
                                       0x1p-5f, 0x1p-6f}));
  rates.clear();
  options.resume_from = &middle;
  EXPECT_EQ(FitWith(*MakeHalving(8), options), unbroken);
  EXPECT_EQ(rates, (std::vector<float>{0x1p-5f, 0x1p-6f}));
  // A second run goes on with the iterations.
  rates.clear();
  options.resume_from = nullptr;
  options.epochs = 1;
  FitWith(*model, options);
  EXPECT_EQ(rates[0], 0x1p-7f);
}

TEST(SessionTest, ARateThatIsSetStaysAlsoAfterAResume) {
  for (const bool scheduled : {false, true}) {
    const auto make = [&](uint64_t seed) {
      return scheduled ? MakeHalving(seed) : MakeModel(seed);
    };
    std::string rates;
    Snapshot middle;
    HookCallback both([&, seen = 0](const std::string& hook,
                                    TrainingSession& session,
                                    const Logs&) mutable {
      if (hook == "on_train_batch_end") {
        ++seen;
        if (session.step() == 2) session.set_learning_rate(0.375f);
        if (session.step() == 4) middle = TakeAll(session);
      }
      if (hook == "on_train_batch_begin") {
        absl::StrAppend(&rates, session.learning_rate(), " ");
      }
      return absl::OkStatus();
    });
    const Outcome unbroken = FitWith(*make(7), MakeOptions(), &both);
    EXPECT_TRUE(rates.ends_with(" 0.375 0.375 0.375 0.375 ")) << rates;
    EXPECT_FALSE(rates.starts_with("0.375")) << rates;
    FitOptions options = MakeOptions();
    const Snapshot saved = middle;
    options.resume_from = &saved;
    rates.clear();
    EXPECT_EQ(FitWith(*make(8), options, &both), unbroken);
    EXPECT_EQ(rates, "0.375 0.375 ");
  }
}

TEST(SessionTest, ARateThatIsSetHasAnEffect) {
  HookCallback zero(At("on_train_batch_end", 3, [](TrainingSession& session) {
    session.set_learning_rate(0);
  }));
  const auto model = MakeModel(7), other = MakeModel(7);
  FitOptions options = MakeOptions();
  FitWith(*model, options, &zero);
  options.epochs = 1;
  FitWith(*other, options);
  EXPECT_EQ(BytesOf(model->GetWeights()), BytesOf(other->GetWeights()));
}

TEST(SessionTest, AStopEndsAnEvaluationAfterTheBatch) {
  const auto model = MakeModel(7);
  for (const int stop : {1, 2, 3}) {
    absl::Status at_the_end;
    bool requested = false;
    HookCallback stopper([&, seen = 0](const std::string& hook,
                                       TrainingSession& session,
                                       const Logs&) mutable {
      if (hook == "on_test_batch_end" && ++seen == stop) {
        session.RequestStop();
      }
      if (hook == "on_test_end") {
        at_the_end = session.status();
        requested = session.stop_requested();
      }
      return absl::OkStatus();
    });
    const auto logs = model->Evaluate(
        Inputs(), Targets(),
        {.batch_size = 8, .verbose = 0, .callbacks = {&stopper}});
    EXPECT_EQ(Count(stopper, "on_test_batch_end"), stop);
    EXPECT_EQ(stopper.calls().back(), "on_test_end");
    EXPECT_TRUE(requested);
    EXPECT_EQ(at_the_end, logs.status());
    if (stop == 3) {
      EXPECT_TRUE(IsOk(logs)) << "nothing is missing";
    } else {
      EXPECT_TRUE(
          IsError(logs, absl::StatusCode::kCancelled,
                  {absl::StrCat("Evaluate() was stopped by a callback after ",
                                stop, " of 3 batches")}));
    }
  }
  EXPECT_TRUE(IsOk(model->Evaluate(Inputs(), Targets(), {.verbose = 0})))
      << "a stop does not outlive what it ended";
}

TEST(SessionTest, AStopEndsAPredictionAfterTheBatch) {
  const auto model = MakeModel(7);
  for (const int stop : {1, 2, 3}) {
    HookCallback stopper(
        At("on_predict_batch_end", stop, [&](TrainingSession& session) {
          EXPECT_TRUE(session.evaluating());
          session.RequestStop();
        }));
    const auto outputs = model->Predict(
        Inputs(), {.batch_size = 8, .verbose = 0, .callbacks = {&stopper}});
    EXPECT_EQ(Count(stopper, "on_predict_batch_end"), stop);
    EXPECT_EQ(Count(stopper, "on_predict_end"), 1);
    EXPECT_EQ(outputs.status().code(),
              stop == 3 ? absl::StatusCode::kOk : absl::StatusCode::kCancelled);
  }
}

TEST(SessionTest, AnEvaluationAtTheEndOfAStoppedRunIsWhole) {
  const auto model = MakeModel(7);
  absl::StatusOr<Logs> logs;
  HookCallback callback(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_train_batch_end") session.RequestStop();
        if (hook == "on_train_end") {
          logs = model->Evaluate(Inputs(), Targets(), {.verbose = 0});
          EXPECT_TRUE(session.stop_requested());
          EXPECT_TRUE(IsOk(session.status()));
          EXPECT_FALSE(session.evaluating());
        }
        return absl::OkStatus();
      });
  FitWith(*model, MakeOptions(), &callback);
  EXPECT_TRUE(IsOk(logs));
}

TEST(SessionTest, ARunStoppedWhileItValidatesLosesNothing) {
  const Outcome unbroken = FitWith(*MakeModel(7), MakeOptions());
  for (const char* hook : {"on_test_begin", "on_test_batch_begin",
                           "on_test_batch_end", "on_test_end"}) {
    const bool batches = absl::string_view(hook).substr(8, 5) == "batch";
    for (int count = 1; count <= (batches ? 2 * kStepsPerEpoch : 2); ++count) {
      SCOPED_TRACE(absl::StrCat(hook, " ", count));
      Snapshot at_hook, at_end;
      std::vector<std::string> after;
      HookCallback stopper(At(hook, count, [&](TrainingSession& session) {
        session.RequestStop();
        at_hook = TakeAll(session);
      }));
      HookCallback last(At("on_train_end", 1, [&](TrainingSession& session) {
        at_end = TakeAll(session);
      }));
      FitOptions options = MakeOptions();
      options.callbacks = {&stopper, &last};
      FitWith(*MakeModel(7), options);
      EXPECT_EQ(Resume(at_hook), unbroken);
      EXPECT_EQ(Resume(at_end), unbroken);
      HookCallback resumed;
      options = MakeOptions();
      options.resume_from = &at_end;
      FitWith(*MakeModel(8), options, &resumed);
      EXPECT_EQ(Count(resumed, "on_test_begin"),
                2 - Count(stopper, "on_epoch_end"));
      EXPECT_EQ(Count(stopper, "on_train_batch_end") +
                    Count(resumed, "on_train_batch_end"),
                2 * kStepsPerEpoch)
          << "no step is done twice";
    }
  }
}

// A source that does not say how many batches it has.
class Unknown : public ForwardingSource {
 public:
  Unknown()
      : ForwardingSource(Batch(
            Shuffle(*FromTensors({{"", Inputs()}}, {{"", Targets()}}), 5), 8)) {
  }
  int64_t batches_per_epoch() const override { return 0; }
};

TEST(SessionTest, AStopInAValidationOfUnknownLengthLosesNothing) {
  const auto run = [](Model& model, const Snapshot* from, Callback* callback) {
    Unknown data, validation;
    Outcome outcome;
    HookCallback last(At("on_train_end", 1, [&](TrainingSession& session) {
      outcome.end = DescribeSnapshot(TakeAll(session));
    }));
    HookCallback none;
    const auto history =
        model.Fit(data, {.epochs = 2,
                         .validation_data = validation,
                         .verbose = 0,
                         .callbacks = {callback ? callback : &none, &last},
                         .resume_from = from});
    EXPECT_TRUE(IsOk(history));
    if (history.ok()) outcome.history = history->ToConfig().ToJson();
    return outcome;
  };
  HookCallback hooks;
  const Outcome unbroken = run(*MakeModel(7), nullptr, &hooks);
  for (int stop = 1; stop <= 2 * kStepsPerEpoch; ++stop) {
    Snapshot end;
    HookCallback stopper([&, seen = 0](const std::string& hook,
                                       TrainingSession& session,
                                       const Logs&) mutable {
      if (hook == "on_test_batch_end" && ++seen == stop) session.RequestStop();
      if (hook == "on_train_end") end = TakeAll(session);
      return absl::OkStatus();
    });
    run(*MakeModel(7), nullptr, &stopper);
    HookCallback after;
    EXPECT_EQ(run(*MakeModel(8), &end, &after), unbroken) << stop;
    // An epoch that is trained begins no batch of training again.
    EXPECT_EQ(Count(stopper, "on_train_batch_begin") +
                  Count(after, "on_train_batch_begin"),
              Count(hooks, "on_train_batch_begin"));
  }
}

// An object of the user's own.
class Tally : public Stateful {
 public:
  explicit Tally(int64_t count = 0) : count(count) {}
  State SaveState() const override {
    return {.values = Config::Object{{"count", count}},
            .tensors = {{"count", Tensor::Scalar<int64_t>(count)}}};
  }
  absl::Status RestoreState(const State& state) override {
    const absl::StatusOr<int64_t> read = state.values.Get<int64_t>("count");
    if (!read.ok()) return read.status();
    count = *read;
    return absl::OkStatus();
  }
  int64_t count;
};

TEST(SessionTest, ADryRunDoesTwoStepsAndAValidationAndLeavesNothingBehind) {
  const auto model = MakeModel(7);
  FitOptions options = MakeOptions();
  FitWith(*model, options);  // So that there is something to be lost.
  const absl::StatusOr<Snapshot> live = model->TakeSnapshot(AllParts());
  ASSERT_TRUE(IsOk(live));
  const std::string before = DescribeSnapshot(*live);
  Tally tally(5);
  HookCallback hooks(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        EXPECT_TRUE(session.dry_run());
        tally.count += 1;
        if (hook == "on_train_batch_end") {
          EXPECT_EQ(session.is_last_step_of_epoch(), session.step() == 2);
          session.set_learning_rate(7);
        }
        if (hook == "on_train_end") {
          EXPECT_EQ(session.step(), 2);
          EXPECT_NE(DescribeSnapshot(*model->TakeSnapshot(AllParts())), before)
              << "what is tried is tried really";
        }
        return absl::OkStatus();
      });
  options.epochs = 100;
  options.dry_run = true;
  options.callbacks = {&hooks};
  options.state = {{"tally", &tally}};
  CAIRN_ASSERT_OK_AND_ASSIGN(const History history,
                             model->Fit(Inputs(), Targets(), options));
  EXPECT_EQ(
      hooks.calls(),
      (Strings{"on_train_begin", "on_epoch_begin", "on_train_batch_begin",
               "on_train_batch_end", "on_train_batch_begin",
               "on_train_batch_end", "on_test_begin", "on_test_batch_begin",
               "on_test_batch_end", "on_test_batch_begin", "on_test_batch_end",
               "on_test_end", "on_epoch_end", "on_train_end"}));
  EXPECT_EQ(history.epochs(), (std::vector<int64_t>{0}));
  EXPECT_EQ(tally.count, 5);
  EXPECT_EQ(DescribeSnapshot(*model->TakeSnapshot(AllParts())), before);
}

TEST(SessionTest, ADryRunOfAResumedRunLeavesTheDataWhereTheyWere) {
  const auto samples = FromTensors({{"", Inputs()}}, {{"", Targets()}});
  ASSERT_TRUE(IsOk(samples));
  const auto source = Batch(*samples, 8);
  ASSERT_TRUE(IsOk(source->StartEpoch(3)));
  const std::string position = source->SaveState().values.ToJson();
  const auto model = MakeModel(7);
  EXPECT_TRUE(IsOk(model->Fit(*source, {.verbose = 0, .dry_run = true})));
  EXPECT_EQ(source->SaveState().values.ToJson(), position);
}

TEST(SessionTest, UsersObjectsAreSavedAndRestoredByTheirNames) {
  Snapshot middle;
  Tally one, two;
  HookCallback counter(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_train_batch_end") {
          ++one.count;
          two.count += 10;
          if (session.step() == 4) middle = TakeAll(session);
        }
        return absl::OkStatus();
      });
  FitOptions options = MakeOptions();
  options.state = {{"one", &one}, {"a/two", &two}};
  const Outcome unbroken = FitWith(*MakeModel(7), options, &counter);
  EXPECT_EQ(middle.extras.count("user/one"), 1);
  EXPECT_EQ(middle.extras.count("user/a/two"), 1);
  EXPECT_EQ(one.count, 6);
  one.count = -100;
  two.count = -100;
  const Snapshot saved = middle;
  options.resume_from = &saved;
  EXPECT_EQ(FitWith(*MakeModel(8), options, &counter), unbroken);
  EXPECT_EQ(one.count, 6);
  EXPECT_EQ(two.count, 60);
}

TEST(SessionTest, NamesOfUsersObjectsAreChecked) {
  Tally tally;
  const auto fit = [](std::map<std::string, Stateful*> state) {
    return MakeModel(7)->Fit(Inputs(), Targets(),
                             {.verbose = 0, .state = std::move(state)});
  };
  EXPECT_TRUE(IsError(fit({{"", &tally}}), kInvalid, {"state: \"\""}));
  EXPECT_TRUE(IsError(fit({{"a\n", &tally}}), kInvalid, {"state: \"a\\n\""}));
  EXPECT_TRUE(
      IsError(fit({{"sampler", nullptr}}), kInvalid, {"\"sampler\" is null"}));
  EXPECT_TRUE(IsOk(fit({{"my sampler/2", &tally}})));
}

}  // namespace
}  // namespace cairn
