#include "tests/support/callback_contract.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/model/sequential.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
#include "layers/losses/mean_squared_error.h"
#include "optimizers/sgd.h"
#include "tests/support/hook_callback.h"
#include "tests/support/op_contract.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr char kFault[] = "the fault of the test";

constexpr int64_t kSteps = 6, kNoStop = 0;

absl::Status Run(const std::vector<Callback*>& callbacks,
                 const Snapshot* from = nullptr) {
  Sequential model("contract");
  model.Add<Dense>({.units = 2});
  const absl::Status compiled =
      model.Compile({.optimizer = SGD(), .loss = MeanSquaredError()});
  if (!compiled.ok()) return compiled;
  const Tensor x = Spread({10, 3}, -1, 1), y = Spread({10, 2}, -1, 1);
  return model
      .Fit(x, y,
           {.epochs = 2,
            .batch_size = 4,
            .validation_data = Batches(x, y),
            .verbose = 0,
            .callbacks = callbacks,
            .resume_from = from})
      .status();
}

std::string TextOf(const State& state) {
  std::string text = state.values.ToJson();
  for (const NamedTensor& tensor : state.tensors) {
    absl::StrAppend(&text, "\n", tensor.name, " ",
                    SpecToString(tensor.value.spec()), " ",
                    absl::BytesToHexString(BytesOf({tensor.value})));
  }
  return text;
}

void CheckState(const std::function<std::unique_ptr<Callback>()>& make) {
  const std::unique_ptr<Callback> callback = make();
  EXPECT_FALSE(callback->class_name().empty());
  ASSERT_TRUE(IsOk(Run({callback.get()})));
  const State state = callback->SaveState();
  const std::unique_ptr<Callback> other = make();
  ASSERT_TRUE(IsOk(other->RestoreState(state)));
  EXPECT_EQ(TextOf(other->SaveState()), TextOf(state));
  const State foreign = {.values = Config::List{"of another kind"}};
  if (!other->RestoreState(foreign).ok()) {
    EXPECT_EQ(TextOf(other->SaveState()), TextOf(state));
  }
}

// `hook` fails in a callback before or after the one under test.
void CheckFault(const std::function<std::unique_ptr<Callback>()>& make,
                const std::string& hook, bool before) {
  SCOPED_TRACE(absl::StrCat(hook, before ? " before" : " after"));
  HookCallback faulty(
      [&](const std::string& called, TrainingSession&, const Logs&) {
        return called == hook ? absl::AbortedError(kFault) : absl::OkStatus();
      });
  const std::unique_ptr<Callback> callback = make();
  std::vector<Callback*> callbacks = {callback.get(), &faulty};
  if (before) std::swap(callbacks[0], callbacks[1]);
  EXPECT_TRUE(IsError(Run(callbacks), absl::StatusCode::kAborted, {kFault}));
  EXPECT_EQ(faulty.calls().back(), "on_train_end");
}

// Follows a run up to a stop, or to its end, from a snapshot or from the begin.
// Returns the snapshot there.
Snapshot Follow(Callback& callback, int64_t stop,
                const Snapshot* from = nullptr) {
  Snapshot end;
  HookCallback hooks(
      [&](const std::string& hook, TrainingSession& session, const Logs&) {
        if (hook == "on_train_batch_end" && session.step() == stop) {
          session.RequestStop();
        }
        if (hook == "on_train_end") {
          const auto snapshot = session.TakeSnapshot(AllParts());
          EXPECT_TRUE(IsOk(snapshot));
          if (snapshot.ok()) end = CloneSnapshot(*snapshot);
        }
        return absl::OkStatus();
      });
  EXPECT_TRUE(IsOk(Run({&callback, &hooks}, from)));
  return end;
}

}  // namespace

void CheckCallbackOverRuns(
    const std::function<std::unique_ptr<Callback>()>& make) {
  const std::unique_ptr<Callback> used = make();
  Follow(*used, kNoStop);
  const std::string expected = TextOf(used->SaveState());
  // One that was stopped leaves something else behind.
  Follow(*used, 1);
  Follow(*used, kNoStop);
  EXPECT_EQ(TextOf(used->SaveState()), expected) << "in a fresh run";
  for (int64_t stop = 1; stop <= kSteps; ++stop) {
    SCOPED_TRACE(absl::StrCat("stopped after step ", stop));
    const std::unique_ptr<Callback> first = make(), second = make();
    const Snapshot snapshot = Follow(*first, stop);
    Follow(*second, kNoStop, &snapshot);
    EXPECT_EQ(TextOf(second->SaveState()), expected) << "in a new object";
    Follow(*used, kNoStop, &snapshot);
    EXPECT_EQ(TextOf(used->SaveState()), expected) << "in a used object";
  }
}

void CheckCallback(const std::function<std::unique_ptr<Callback>()>& make) {
  CheckState(make);
  for (const char* hook :
       {"on_train_begin", "on_epoch_begin", "on_train_batch_begin",
        "on_train_batch_end", "on_test_batch_end", "on_epoch_end",
        "on_train_end"}) {
    CheckFault(make, hook, /*before=*/true);
    CheckFault(make, hook, /*before=*/false);
  }
  const std::unique_ptr<Callback> again = make();
  EXPECT_TRUE(IsOk(Run({again.get()})));
}

}  // namespace cairn
