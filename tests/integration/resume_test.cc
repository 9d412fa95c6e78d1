// A run that is stopped anywhere and gone on with ends as if it had not been
// stopped: variables, logs, history, hooks and files, byte for byte.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cairn.h"
#include "gtest/gtest.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/hook_callback.h"
#include "tests/support/op_contract.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr int kSteps = 3;  // An epoch's, and the batches of a validation.
constexpr int kEpochs = 2;

// A model that is not built before it is given data.
std::unique_ptr<Sequential> MakeModel(int threads) {
  auto model = std::make_unique<Sequential>("resumed");
  model->Add<Dense>({.units = 8, .activation = "relu"});
  model->Add<Dropout>({.rate = 0.25});
  model->Add<Dense>({.units = 3, .activation = "softmax"});
  EXPECT_TRUE(IsOk(model->set_seed(11)));
  EXPECT_TRUE(IsOk(model->Compile({.optimizer = Adam({.learning_rate = 0.05}),
                                   .loss = "sparse_categorical_crossentropy",
                                   .metrics = {"accuracy"},
                                   .threads = threads})));
  return model;
}

Tensor Labels() {
  Tensor labels = Tensor::Zeros({DType::kInt32, {10}});
  for (int i = 0; i < 10; ++i) labels.mutable_values<int32_t>()[i] = i * i % 3;
  return labels;
}

// Where a run is stopped: at the `count`-th call of a hook; 0: nowhere.
struct Stop {
  std::string hook;
  int count = 0;
};

// What is compared of runs.
struct Trace {
  // Hooks with step and logs. What is begun anew after a stop, a batch or a
  // validation, is taken out of the piece before it.
  std::vector<std::string> hooks;
  std::string history, end;
  friend bool operator==(const Trace&, const Trace&) = default;
};

struct Piece {
  Trace trace;
  Snapshot snapshot;
  std::vector<std::string> checkpoints;
};

// Runs until it ends or is stopped.
Piece RunUntil(const Stop& stop, const Snapshot* from, FaultFileSystem* files,
               int threads = 1, int epochs = kEpochs) {
  Piece piece;
  const auto record = [&, seen = 0](const std::string& hook,
                                    TrainingSession& session,
                                    const Logs& logs) mutable {
    // Called once more where a run goes on.
    if (hook == "on_save_point" && logs.empty()) return absl::OkStatus();
    std::string line =
        absl::StrCat(hook, " ", session.epoch(), " ", session.step());
    for (const auto& [name, value] : logs) {
      absl::StrAppend(&line, " ", name, "=", value);
    }
    if (hook != "on_train_begin" && hook != "on_train_end") {
      piece.trace.hooks.push_back(line);
    }
    if (hook == stop.hook && ++seen == stop.count) session.RequestStop();
    if (hook == "on_train_end") {
      const auto snapshot = session.TakeSnapshot(AllParts());
      EXPECT_TRUE(IsOk(snapshot));
      piece.snapshot = CloneSnapshot(*snapshot);
      Snapshot without = piece.snapshot;
      // The file's, and it says where it resumed.
      without.extras.erase("callback/ModelCheckpoint");
      piece.trace.end = DescribeSnapshot(without);
    }
    return absl::OkStatus();
  };
  HookCallback recorder(record);
  const Tensor x = Spread({10, 4}, -1, 1), y = Labels();
  FitOptions options = {.epochs = epochs,
                        .batch_size = 4,
                        .validation_data = Batches(x, y),
                        .verbose = 0,
                        .callbacks = {&recorder},
                        .resume_from = from};
  std::optional<ModelCheckpoint> checkpoint;
  if (files != nullptr) {
    checkpoint.emplace(ModelCheckpointOptions{.directory = "run",
                                              .every = EverySteps(2),
                                              .keep_last = 0,
                                              .resume = Resume::kAuto,
                                              .save = {.files = files}});
    options.callbacks.push_back(&*checkpoint);
  }
  const auto history = MakeModel(threads)->Fit(x, y, options);
  EXPECT_TRUE(IsOk(history));
  if (history.ok()) piece.trace.history = history->ToConfig().ToJson();
  if (checkpoint.has_value()) piece.checkpoints = checkpoint->checkpoints();
  return piece;
}

// The hooks of a run in several pieces. A piece that was stopped while it
// validated is followed by one that validates anew.
std::vector<std::string> Joined(const std::vector<Piece>& pieces) {
  std::vector<std::string> all;
  for (const Piece& piece : pieces) {
    const std::vector<std::string>& next = piece.trace.hooks;
    if (!next.empty() && absl::StartsWith(next[0], "on_test_begin")) {
      while (!all.empty() && absl::StartsWith(all.back(), "on_test")) {
        all.pop_back();
      }
    }
    all.insert(all.end(), next.begin(), next.end());
  }
  return all;
}

std::vector<Stop> AllStops() {
  std::vector<Stop> stops;
  for (int i = 1; i <= kEpochs * kSteps; ++i) {
    stops.push_back({"on_train_batch_end", i});
    stops.push_back({"on_test_batch_end", i});
  }
  for (int i = 1; i <= kEpochs; ++i) {
    stops.push_back({"on_test_begin", i});
    stops.push_back({"on_epoch_end", i});
  }
  return stops;
}

std::string ReadText(FaultFileSystem& files, const std::string& prefix) {
  const auto snapshot = ReadSnapshot(prefix, AllParts(), {.files = &files});
  EXPECT_TRUE(IsOk(snapshot)) << prefix;
  return snapshot.ok() ? DescribeSnapshot(*snapshot) : "";
}

void ExpectEqual(const std::vector<Piece>& pieces, const Piece& unbroken) {
  EXPECT_EQ(Joined(pieces), unbroken.trace.hooks);
  EXPECT_EQ(pieces.back().trace.history, unbroken.trace.history);
  EXPECT_EQ(pieces.back().trace.end, unbroken.trace.end);
}

TEST(ResumeTest, ARunStoppedAnywhereGoesOnFromMemory) {
  const Piece unbroken = RunUntil({}, nullptr, nullptr);
  EXPECT_EQ(RunUntil({}, nullptr, nullptr, 2).trace.end, unbroken.trace.end);
  for (const Stop& stop : AllStops()) {
    for (const int threads : {1, 2}) {
      SCOPED_TRACE(absl::StrCat(stop.hook, " ", stop.count));
      std::vector<Piece> pieces = {RunUntil(stop, nullptr, nullptr, threads)};
      pieces.push_back(RunUntil({}, &pieces[0].snapshot, nullptr, 3 - threads));
      ExpectEqual(pieces, unbroken);
    }
  }
}

TEST(ResumeTest, ARunStoppedTwiceGoesOn) {
  const Piece unbroken = RunUntil({}, nullptr, nullptr);
  for (const Stop& first : AllStops()) {
    for (const Stop& second :
         {Stop{"on_train_batch_end", 1}, Stop{"on_test_batch_end", 1},
          Stop{"on_test_batch_end", 2}, Stop{"on_epoch_end", 1}}) {
      SCOPED_TRACE(absl::StrCat(first.hook, " ", first.count, ", ", second.hook,
                                " ", second.count));
      std::vector<Piece> pieces = {RunUntil(first, nullptr, nullptr)};
      pieces.push_back(RunUntil(second, &pieces[0].snapshot, nullptr));
      pieces.push_back(RunUntil({}, &pieces[1].snapshot, nullptr));
      ExpectEqual(pieces, unbroken);
    }
  }
}

TEST(ResumeTest, ARunStoppedAnywhereGoesOnFromFilesAndLeavesTheSame) {
  FaultFileSystem expected;
  const Piece unbroken = RunUntil({}, nullptr, &expected);
  for (const Stop& stop : AllStops()) {
    SCOPED_TRACE(absl::StrCat(stop.hook, " ", stop.count));
    FaultFileSystem files;
    std::vector<Piece> pieces = {RunUntil(stop, nullptr, &files)};
    pieces.push_back(RunUntil({}, nullptr, &files));
    ExpectEqual(pieces, unbroken);
    // Every checkpoint of the unbroken run is there and equal; that of the stop
    // is one more. One that replaces it, after a validation that was stopped
    // at the same step, has another number of data files.
    const auto found = files.Contents();
    for (const auto& [path, content] : expected.Contents()) {
      if (absl::EndsWith(path, ".index")) {
        const std::string prefix = path.substr(0, path.size() - 6);
        EXPECT_EQ(ReadText(files, prefix), ReadText(expected, prefix));
      }
      // "checkpoint" has times.
      const bool replaced = found.count("run/ckpt-6.data-00000-of-00002") > 0 &&
                            absl::StartsWith(path, "run/ckpt-6.");
      if (replaced || path == "run/checkpoint") continue;
      ASSERT_EQ(found.count(path), 1) << path;
      EXPECT_TRUE(found.at(path) == content) << path;
    }
  }
}

TEST(ResumeTest, AFinishedRunIsLeftAsItIsUnlessMoreIsAskedFor) {
  FaultFileSystem files, longer;
  const Piece first = RunUntil({}, nullptr, &files);
  const auto before = files.Contents();
  testing::internal::CaptureStderr();
  const Piece again = RunUntil({}, nullptr, &files);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(
      absl::StrContains(said, "the run is finished: it has done 2 of 2"))
      << said;
  EXPECT_TRUE(again.trace.hooks.empty());
  EXPECT_EQ(again.trace.history, first.trace.history);
  EXPECT_EQ(again.trace.end, first.trace.end);
  EXPECT_EQ(files.Contents(), before);
  const Piece more = RunUntil({}, nullptr, &files, 1, kEpochs + 1);
  const Piece unbroken = RunUntil({}, nullptr, &longer, 1, kEpochs + 1);
  ExpectEqual({first, more}, unbroken);
}

}  // namespace
}  // namespace cairn
