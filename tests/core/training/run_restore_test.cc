// A run that goes on with other settings, and who takes which state.
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/philox.h"
#include "core/data/batch_source.h"
#include "core/data/prefetch.h"
#include "core/data/shuffle.h"
#include "core/data/tensor_samples.h"
#include "core/training/trainer.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "optimizers/adam.h"
#include "tests/core/training/small_fit.h"
#include "tests/support/hook_callback.h"
#include "tests/support/op_contract.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

// What changes during training and cannot say its state does not compile.
class SilentCallback : public Callback {
 public:
  absl::string_view class_name() const override { return "Silent"; }
};
class HalfSilentCallback : public SilentCallback {
  State SaveState() const override { return {}; }
};
class SilentSource : public BatchSource {
 public:
  std::vector<BatchField> fields() const override { return {}; }
  int64_t batch_size() const override { return 1; }
  int64_t batches_per_epoch() const override { return 0; }
  absl::StatusOr<int64_t> Next(
      absl::Span<const absl::Span<std::byte>>) override {
    return 0;
  }
  absl::Status StartEpoch(int64_t) override { return absl::OkStatus(); }
};
class SilentObject : public Stateful {};
static_assert(std::is_abstract_v<SilentCallback>);
static_assert(std::is_abstract_v<HalfSilentCallback>);
static_assert(std::is_abstract_v<SilentSource>);
static_assert(std::is_abstract_v<SilentObject>);

// What a run is given, of which a test changes a part.
struct Given {
  CompileOptions compile = {.optimizer = Adam({.learning_rate = 0.01}),
                            .loss = "mse",
                            .metrics = {"accuracy"},
                            .threads = 1};
  double rate = 0.3;  // Of the dropout.
  FitOptions fit = MakeOptions();
  Tensor x = Inputs(), y = Targets();
};

std::unique_ptr<Sequential> Make(const Given& given) {
  auto model = std::make_unique<Sequential>("m");
  model->Add<Dense>({.units = 16, .activation = "tanh"});
  model->Add<Dropout>({.rate = given.rate});
  model->Add<Dense>({.units = 3});
  EXPECT_TRUE(IsOk(model->set_seed(7)));
  EXPECT_TRUE(IsOk(model->Compile(given.compile)));
  return model;
}

// The run after `step` steps, at the end of the epoch if there is one then.
Snapshot TakenAfter(int64_t step) {
  Snapshot snapshot;
  HookCallback taker(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if ((hook == "on_train_batch_end" || hook == "on_epoch_end") &&
            session.step() == step) {
          snapshot = TakeAll(session);
        }
        return absl::OkStatus();
      });
  Given given;
  given.fit.callbacks = {&taker};
  EXPECT_TRUE(IsOk(Make(given)->Fit(given.x, given.y, given.fit)));
  return snapshot;
}

absl::Status GoOn(const Snapshot& snapshot, Given given,
                  std::set<std::string> allowed, Callback* more = nullptr) {
  given.fit.resume_from = &snapshot;
  given.fit.restore.allow_changed = std::move(allowed);
  if (more != nullptr) given.fit.callbacks.push_back(more);
  return Make(given)->Fit(given.x, given.y, given.fit).status();
}

struct Change {
  std::string name, text;
  std::function<void(Given&)> apply;
  bool in_epoch = true;  // Whether it may be made within an epoch.
};

std::vector<Change> AllChanges() {
  return {
      {"batch_size", "batch_size: saved 8, now 5",
       [](Given& g) { g.fit.batch_size = 5; }},
      {"samples", "samples: saved 22, now 30",
       [](Given& g) {
         g.x = Spread({30, 5}, -1, 1);
         g.y = Spread({30, 3}, -1, 1);
       },
       false},
      {"seed", "seed: saved \"7\", now \"8\"", [](Given& g) { g.fit.seed = 8; },
       false},
      {"shuffle", "shuffle: saved true, now false",
       [](Given& g) { g.fit.shuffle = false; }, false},
      {"learning_rate", "optimizer.learning_rate: saved 0.01, now 0.5",
       [](Given& g) { g.compile.optimizer = Adam({.learning_rate = 0.5}); }},
      {"optimizer.beta_1", "optimizer.beta_1: saved 0.9, now 0.8",
       [](Given& g) {
         g.compile.optimizer = Adam({.learning_rate = 0.01, .beta_1 = 0.8});
       }},
      {"optimizer", "optimizer: saved Adam, now SGD",
       [](Given& g) { g.compile.optimizer = "sgd"; }},
      {"metrics", "metrics.acc: saved none, now",
       [](Given& g) {
         g.compile.metrics = {"accuracy", "acc"};
       }},
      {"rate", "model.layers.1.rate: saved 0.3, now 0.1",
       [](Given& g) { g.rate = 0.1; }},
      {"validation_samples", "validation_samples: saved 22, now none",
       [](Given& g) { g.fit.validation_data = Batches(); }},
  };
}

TEST(RunRestoreTest, EachChangeIsRefusedUnlessItIsAllowedByName) {
  const Snapshot in_epoch = TakenAfter(4), between = TakenAfter(3);
  for (const Change& change : AllChanges()) {
    SCOPED_TRACE(change.name);
    Given given;
    change.apply(given);
    for (const Snapshot* snapshot : {&in_epoch, &between}) {
      EXPECT_TRUE(IsError(GoOn(*snapshot, given, {"epochs", "unknown"}),
                          kInvalid, {change.text, "allow_changed"}));
      testing::internal::CaptureStderr();
      const absl::Status status = GoOn(*snapshot, given, {change.name});
      const std::string said = testing::internal::GetCapturedStderr();
      if (snapshot == &in_epoch && !change.in_epoch) {
        EXPECT_TRUE(IsError(
            status, kInvalid,
            {change.name, "only between epochs", "epoch 2, after 1 steps"}));
      } else {
        EXPECT_TRUE(IsOk(status));
        EXPECT_TRUE(absl::StrContains(said, change.text)) << said;
      }
    }
  }
}

TEST(RunRestoreTest, AnAllowedLearningRateApplies) {
  const Snapshot snapshot = TakenAfter(4);
  Given given;
  given.compile.optimizer = Adam({.learning_rate = 0.5});
  std::vector<float> rates;
  HookCallback reader(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_train_batch_end") {
          rates.push_back(session.learning_rate());
          EXPECT_EQ(
              TakeAll(session).FindTensor("learning_rate")->values<float>()[0],
              0.5f);
        }
        return absl::OkStatus();
      });
  EXPECT_TRUE(IsOk(GoOn(snapshot, given, {"learning_rate"}, &reader)));
  EXPECT_EQ(rates, (std::vector<float>{0.5f, 0.5f}));
}

// As TakenAfter(4), with another version of a library.
Snapshot TakenElsewhere() {
  Snapshot snapshot = TakenAfter(4);
  Config machine =
      *snapshot.extras["run"].values.Get<Config::Object>("machine");
  machine.Set("onednn", "1.2.3");
  snapshot.extras["run"].values.Set("machine", machine);
  return snapshot;
}

TEST(RunRestoreTest, AnotherMachineIsAnErrorIfItIsRefusedByName) {
  const Snapshot snapshot = TakenElsewhere();
  Given given;
  given.fit.restore.refuse_changed = {"onednn"};
  EXPECT_TRUE(IsError(GoOn(snapshot, given, {"onednn"}),
                      absl::StatusCode::kFailedPrecondition,
                      {"onednn: saved \"1.2.3\", now", "refuse_changed"}));
  given.fit.restore.refuse_changed = {"cairn", "instructions"};
  EXPECT_TRUE(IsOk(GoOn(snapshot, given, {"onednn"})));
}

TEST(RunRestoreTest, AnotherMachineIsNotSpokenOfIfItIsAllowedByName) {
  const Snapshot snapshot = TakenElsewhere();
  testing::internal::CaptureStderr();
  const absl::Status status = GoOn(snapshot, {}, {"onednn"});
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(IsOk(status));
  EXPECT_FALSE(absl::StrContains(said, "onednn")) << said;
}

TEST(RunRestoreTest, AnotherMachineIsAWarning) {
  const Snapshot snapshot = TakenElsewhere();
  testing::internal::CaptureStderr();
  const absl::Status status = GoOn(snapshot, {}, {});
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(IsOk(status));
  EXPECT_TRUE(absl::StrContains(said, "onednn: saved \"1.2.3\", now")) << said;
  EXPECT_TRUE(absl::StrContains(said, "bits may differ")) << said;
}

TEST(RunRestoreTest, OtherBatchesInAnEpochSeeAsManySamplesAsThereAre) {
  Given given;
  given.fit.validation_data = Batches();
  const auto run = [&](int64_t batch_size, const Snapshot* from, int64_t stop) {
    const auto samples = FromTensors({{"", given.x}}, {{"", given.y}});
    EXPECT_TRUE(IsOk(samples));
    const auto source = Batch(Shuffle(*samples, 5), batch_size);
    Snapshot end;
    int64_t last_step = 0;
    HookCallback stopper(
        [&](const std::string& hook, TrainingSession& session, const Logs&) {
          if (hook == "on_train_batch_end" && session.step() == stop) {
            session.RequestStop();
          }
          if (hook == "on_train_batch_end" && session.is_last_step_of_epoch()) {
            last_step = session.step();
          }
          if (hook == "on_train_end") end = TakeAll(session);
          return absl::OkStatus();
        });
    FitOptions fit = {.verbose = 0, .callbacks = {&stopper}};
    fit.resume_from = from;
    fit.restore.allow_changed = {"batch_size"};
    EXPECT_TRUE(IsOk(Make(given)->Fit(*source, fit)));
    if (from != nullptr) {
      EXPECT_EQ(last_step, 1 + (22 - 8 + 4) / 5);
    }
    return end;
  };
  const Snapshot first = run(8, nullptr, 1);
  const Snapshot last = run(5, &first, -1);
  // As many samples were counted as there are.
  for (const NamedTensor& tensor : last.extras.at("run").tensors) {
    if (tensor.name == "train/loss/count") {
      EXPECT_EQ(tensor.value.values<float>()[0], 22);
    }
  }
}

// Keeps moving averages of the weights, in tensors.
class Averages : public Callback {
 public:
  explicit Averages(float decay) : decay_(decay) {}
  absl::string_view class_name() const override { return "Averages"; }
  absl::Status OnTrainBegin(TrainingSession&) override {
    averages_.clear();
    return absl::OkStatus();
  }
  absl::Status OnTrainBatchEnd(TrainingSession& session, const Logs&) override {
    const Snapshot now = TakeAll(session);
    if (averages_.empty()) {
      for (const NamedTensor& weight : now.weights) averages_.push_back(weight);
    }
    for (size_t i = 0; i < averages_.size(); ++i) {
      const absl::Span<float> to = averages_[i].value.mutable_values<float>();
      const absl::Span<const float> from =
          (*now.weights)[i].value.values<float>();
      for (size_t k = 0; k < to.size(); ++k) {
        to[k] = decay_ * to[k] + (1 - decay_) * from[k];
      }
    }
    return absl::OkStatus();
  }
  State SaveState() const override { return {.tensors = averages_}; }
  absl::Status RestoreState(const State& state) override {
    averages_ = CloneState(state).tensors;
    return absl::OkStatus();
  }

 private:
  const float decay_;
  std::vector<NamedTensor> averages_;
};

// What an optimizer that accumulates would keep: sums over some steps, and how
// many there were.
class Accumulator : public Stateful {
 public:
  State SaveState() const override {
    return {.values = Config::Object{{"steps", steps}},
            .tensors = {{"sum", sum}}};
  }
  absl::Status RestoreState(const State& state) override {
    const absl::StatusOr<int64_t> read = state.values.Get<int64_t>("steps");
    if (!read.ok()) return read.status();
    if (state.tensors.size() != 1 ||
        state.tensors[0].value.spec() != sum.spec()) {
      return absl::InvalidArgumentError("no fitting sum");
    }
    steps = *read;
    sum = state.tensors[0].value.Clone();
    return absl::OkStatus();
  }
  int64_t steps = 0;
  Tensor sum = Tensor::Zeros({DType::kFloat32, {2}});
};

// Adds noise that follows from seed, epoch and sample.
class Noisy : public Samples {
 public:
  explicit Noisy(SamplesPointer samples) : samples_(std::move(samples)) {}
  std::vector<BatchField> fields() const override { return samples_->fields(); }
  int64_t size() const override { return samples_->size(); }
  absl::Status Read(
      int64_t epoch, int64_t sample,
      absl::Span<const absl::Span<std::byte>> destinations) const override {
    const absl::Status status = samples_->Read(epoch, sample, destinations);
    RandomStream noise(StreamKey(11, absl::StrCat("noise", epoch)), sample);
    auto* const values = reinterpret_cast<float*>(destinations[0].data());
    for (int i = 0; i < 5; ++i) values[i] += noise.NextNormal();
    return status;
  }

 private:
  const SamplesPointer samples_;
};

// Counts the steps that its turn comes in.
class Counter : public Callback {
 public:
  explicit Counter(int64_t every) : every_(every) {}
  absl::string_view class_name() const override { return "Counter"; }
  absl::Status OnTrainBegin(TrainingSession&) override {
    count_ = 0;
    return absl::OkStatus();
  }
  absl::Status OnTrainBatchEnd(TrainingSession& session, const Logs&) override {
    count_ += session.step() % every_ == 0;
    return absl::OkStatus();
  }
  State SaveState() const override {
    return {.values = Config::Object{{"count", count_}}};
  }
  absl::Status RestoreState(const State& state) override {
    const absl::StatusOr<int64_t> read = state.values.Get<int64_t>("count");
    if (!read.ok()) return read.status();
    count_ = *read;
    return absl::OkStatus();
  }
  int64_t count() const { return count_; }

 private:
  const int64_t every_;
  int64_t count_ = 0;
};

// All of these in one run, which is stopped after a step and gone on with; 0:
// it is not. What the run came to.
std::string RunOfAll(int64_t stop, bool prefetch) {
  std::optional<Snapshot> saved;
  std::string outcome;
  for (const bool again : {false, true}) {
    if (again && stop == 0) break;
    Averages averages(0.9f), slow(0.99f);
    Counter ones(1), twos(2);
    Accumulator accumulator;
    const auto samples = FromTensors({{"", Inputs()}}, {{"", Targets()}});
    EXPECT_TRUE(IsOk(samples));
    auto source = Batch(Shuffle(std::make_shared<Noisy>(*samples), 5), 8);
    if (prefetch) source = Prefetch(std::move(source), 2);
    HookCallback last(
        [&](const std::string& hook, TrainingSession& session, const Logs&) {
          if (hook == "on_train_batch_end") {
            accumulator.steps = (accumulator.steps + 1) % 4;
            accumulator.sum.mutable_values<float>()[1] += 0.1f;
            if (!again && session.step() == stop) session.RequestStop();
          }
          if (hook == "on_train_end") {
            saved = TakeAll(session);
            outcome = DescribeSnapshot(*saved);
          }
          return absl::OkStatus();
        });
    FitOptions options = MakeOptions();
    options.callbacks = {&averages, &ones, &slow, &twos, &last};
    options.state = {{"accumulator", &accumulator}};
    const std::optional<Snapshot> from = saved;
    if (again) options.resume_from = &*from;
    EXPECT_TRUE(IsOk(Make({})->Fit(*source, options)));
    if (!again && stop > 0) continue;
    EXPECT_EQ(ones.count(), 6);
    EXPECT_EQ(twos.count(), 3) << "two of one class keep their states apart";
    EXPECT_EQ(saved->extras.count("callback/Counter_1"), 1);
    EXPECT_EQ(saved->extras.count("callback/Averages_1"), 1);
    EXPECT_EQ(accumulator.steps, 2);
  }
  return outcome;
}

TEST(RunRestoreTest, WhateverChangesWhileARunGoesOnIsPartOfItsState) {
  const std::string unbroken = RunOfAll(0, false);
  EXPECT_EQ(RunOfAll(0, true), unbroken);
  for (int64_t stop = 1; stop <= 6; ++stop) {
    for (const bool prefetch : {false, true}) {
      EXPECT_EQ(RunOfAll(stop, prefetch), unbroken) << stop;
    }
  }
}

TEST(RunRestoreTest, StatesThatNobodyTakesAndThatAreNotThereAreTold) {
  Snapshot snapshot;
  Counter counter(1);
  HookCallback taker(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_train_end") snapshot = TakeAll(session);
        return absl::OkStatus();
      });
  FitOptions options = MakeOptions();
  options.callbacks = {&counter, &taker};
  options.epochs = 1;
  ASSERT_TRUE(IsOk(Make({})->Fit(Inputs(), Targets(), options)));
  RestoreReport report;
  Averages averages(0.5f);
  HookCallback restorer(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook != "on_train_begin") return absl::OkStatus();
        const auto restored = session.Restore(snapshot, {});
        if (restored.ok()) report = *restored;
        return restored.status();
      });
  options.callbacks = {&restorer, &averages};
  testing::internal::CaptureStderr();
  const absl::Status status =
      Make({})->Fit(Inputs(), Targets(), options).status();
  const std::string said = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(IsOk(status));
  EXPECT_EQ(report.unused_states,
            (std::vector<std::string>{"callback/Counter"}));
  EXPECT_EQ(report.missing_states,
            (std::vector<std::string>{"callback/Averages"}));
  EXPECT_TRUE(report.changed.empty());
  EXPECT_TRUE(absl::StrContains(said, "\"callback/Counter\" is not used"));
  EXPECT_TRUE(absl::StrContains(said, "callback Averages begins anew"));
  EXPECT_TRUE(absl::StrContains(said, "the run is finished")) << said;
}

TEST(RunRestoreTest, AnObjectOfTheUsersIsNotLostWithoutAWord) {
  Accumulator accumulator;
  Snapshot with, without = TakenAfter(4);
  HookCallback taker(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_train_batch_end") with = TakeAll(session);
        return absl::OkStatus();
      });
  Given given, object;
  object.fit.state = {{"sums", &accumulator}};
  given.fit.state = object.fit.state;
  given.fit.callbacks = {&taker};
  ASSERT_TRUE(IsOk(Make(given)->Fit(given.x, given.y, given.fit)));
  EXPECT_TRUE(IsError(GoOn(with, {}, {}), kInvalid,
                      {"user/sums: saved a state, now no object"}));
  EXPECT_TRUE(IsOk(GoOn(with, {}, {"user/sums"})));
  EXPECT_TRUE(IsError(GoOn(without, object, {}), kInvalid,
                      {"user/sums: saved no state, now an object"}));
  EXPECT_TRUE(IsOk(GoOn(without, object, {"user/sums"})));
}

// Refuses every state.
class Refuser : public Counter {
 public:
  Refuser() : Counter(1) {}
  absl::Status RestoreState(const State&) override {
    return absl::InvalidArgumentError("not mine");
  }
};

TEST(RunRestoreTest, AnErrorBeforeTheFirstStepPutsEverythingBack) {
  Counter counter(1);
  Accumulator saved_object;
  saved_object.steps = 3;
  Snapshot snapshot;
  HookCallback taker(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_train_batch_end" && session.step() == 4) {
          snapshot = TakeAll(session);
        }
        return absl::OkStatus();
      });
  Given given;
  given.fit.state = {{"sums", &saved_object}};
  given.fit.callbacks = {&counter, &taker};
  ASSERT_TRUE(IsOk(Make(given)->Fit(given.x, given.y, given.fit)));

  for (const bool refuses : {true, false}) {
    Accumulator object;
    object.steps = 77;
    Refuser refuser;
    Counter taking(1);
    // The restoring callback comes first, and a later one fails.
    HookCallback restorer(
        [&](const std::string& hook, TrainingSession& session, const Logs&) {
          if (hook != "on_train_begin") return absl::OkStatus();
          return session.Restore(snapshot, {}).status();
        });
    HookCallback failing(
        [&](const std::string& hook, TrainingSession&, const Logs&) {
          return hook == "on_train_begin" && !refuses
                     ? absl::InvalidArgumentError("not mine")
                     : absl::OkStatus();
        });
    Given other;
    other.fit.state = {{"sums", &object}};
    // "callback/Counter" is the state that the snapshot has.
    Callback* const second =
        refuses ? static_cast<Callback*>(&refuser) : &taking;
    other.fit.callbacks = {&restorer, second, &failing};
    const auto model = Make(other);
    ASSERT_TRUE(IsOk(model->EnsureBuilt({{DType::kFloat32, {kDynamic, 5}}})));
    const std::string before =
        DescribeSnapshot(*model->TakeSnapshot(AllParts()));
    EXPECT_TRUE(IsError(model->Fit(other.x, other.y, other.fit), kInvalid,
                        {"not mine"}));
    EXPECT_EQ(DescribeSnapshot(*model->TakeSnapshot(AllParts())), before);
    EXPECT_EQ(object.steps, 77);
  }
}

TEST(RunRestoreTest, TwoModelsInOneProcessDoNotDisturbEachOther) {
  // Another run, of the same seed, within each step of the first.
  const Outcome alone = FitWith(*MakeModel(7), MakeOptions());
  HookCallback meddler([&](const std::string& hook, TrainingSession&,
                           const Logs&) {
    if (hook == "on_train_batch_end") {
      EXPECT_TRUE(IsOk(MakeModel(7)->Fit(Inputs(), Targets(), {.verbose = 0})));
    }
    return absl::OkStatus();
  });
  EXPECT_EQ(FitWith(*MakeModel(7), MakeOptions(), &meddler), alone);
}

}  // namespace
}  // namespace cairn
