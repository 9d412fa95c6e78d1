// How a Trainer goes on from what it saved.
#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/annotate.h"
#include "core/base/log.h"
#include "core/base/status_macros.h"
#include "core/base/version.h"
#include "core/runtime/machine.h"
#include "core/training/callback_list.h"
#include "core/training/fit_state.h"
#include "core/training/run_changes.h"
#include "core/training/trainer.h"

namespace cairn {

// A run's numbers as a snapshot has them.
struct Trainer::SavedRun {
  int64_t epoch = 0, step = 0, step_in_epoch = 0;
  bool epoch_trained = false;
  uint64_t seed = 0;
  std::string id;
  std::optional<bool> rate_is_set;
  Config data, machine;  // Null in files of older versions.
  History history;

  // Whether no batch of the epoch is done, or none is left to do.
  bool between_epochs() const { return step_in_epoch == 0 || epoch_trained; }

  static absl::StatusOr<SavedRun> Read(const Config& values);
};

namespace {

// A member that runs of older versions do not have.
template <typename T>
absl::StatusOr<T> GetOr(const Config& values, absl::string_view key,
                        T otherwise) {
  if (absl::IsNotFound(values.Find(key).status())) return otherwise;
  return values.Get<T>(key);
}

const Tensor* FindTensor(const State& state, const std::string& name) {
  for (const NamedTensor& tensor : state.tensors) {
    if (tensor.name == name) return &tensor.value;
  }
  return nullptr;
}

// Whether a setting is among `changes`, or an option of it.
bool Changes(const std::vector<RunChange>& changes, const std::string& name) {
  return std::any_of(changes.begin(), changes.end(), [&](const RunChange& one) {
    return one.name == name || absl::StartsWith(one.name, name + ".");
  });
}

// Older versions wrote the metrics' names alone.
Config NamesOfMetrics(const Config::List& metrics) {
  Config::List names;
  for (const Config& metric : metrics) {
    const auto name = metric.Get<std::string>("name");
    names.push_back(name.ok() ? Config(*name) : metric);
  }
  return names;
}

void Copy(const Config& from, absl::string_view key, Config& to) {
  const auto member = from.Find(key);
  if (member.ok()) to.Set(key, **member);
}

// In which libraries and machine differ from those of `saved`, as far as it
// says them.
std::vector<RunChange> FindMachineChanges(const Config& saved) {
  Config machine = Config::Object{{"cairn", std::string(Version())}};
  const Config here = MachineConfig();
  for (const char* key : {"onednn", "onednn_instructions", "instructions"}) {
    if (saved.Find(key).ok()) Copy(here, key, machine);
  }
  return FindChanges(saved, machine);
}

}  // namespace

absl::StatusOr<Trainer::SavedRun> Trainer::SavedRun::Read(
    const Config& values) {
  SavedRun run;
  CAIRN_ASSIGN_OR_RETURN(run.epoch, values.Get<int64_t>("epoch"));
  CAIRN_ASSIGN_OR_RETURN(run.step, values.Get<int64_t>("step"));
  CAIRN_ASSIGN_OR_RETURN(run.step_in_epoch,
                         values.Get<int64_t>("step_in_epoch"));
  CAIRN_ASSIGN_OR_RETURN(const std::string seed,
                         values.Get<std::string>("seed"));
  if (!absl::SimpleAtoi(seed, &run.seed) || run.epoch < 0 || run.step < 0 ||
      run.step_in_epoch < 0) {
    return absl::DataLossError("epoch, step or seed is no count");
  }
  CAIRN_ASSIGN_OR_RETURN(run.epoch_trained,
                         GetOr(values, "epoch_trained", false));
  CAIRN_ASSIGN_OR_RETURN(run.id, GetOr(values, "id", std::string()));
  if (values.Find("learning_rate_is_set").ok()) {
    CAIRN_ASSIGN_OR_RETURN(run.rate_is_set,
                           values.Get<bool>("learning_rate_is_set"));
  }
  const auto data = values.Find("data");
  if (data.ok()) run.data = **data;
  run.machine = Config::Object();
  Copy(values, "cairn", run.machine);
  const auto machine = values.Get<Config::Object>("machine");
  if (machine.ok()) {
    for (const auto& [key, value] : *machine) run.machine.Set(key, value);
  }
  CAIRN_ASSIGN_OR_RETURN(const Config* history, values.Find("history"));
  CAIRN_ASSIGN_OR_RETURN(run.history, History::FromConfig(*history));
  return run;
}

absl::Status Trainer::MakeOptimizerSlots() {
  std::vector<Weight> trainable;
  for (Weight& weight : model_->weights()) {
    if (weight.trainable) trainable.push_back(std::move(weight));
  }
  return MakeSlots(*optimizer_, trainable, optimizer_variables_);
}

void Trainer::KeepLearningRate() {
  const float rate =
      optimizer_variables_.learning_rate->value().values<float>()[0];
  rate_is_set_ = rate != ScheduledRate(0) && rate != ScheduledRate(1);
}

absl::StatusOr<RestoreReport> Trainer::RestoreModel(
    const Snapshot& snapshot, const RestoreOptions& options) {
  CAIRN_ASSIGN_OR_RETURN(WeightAssignments weights,
                         MatchWeights(*model_, snapshot, options));
  if (snapshot.parts.count(Part::kOptimizer) > 0 && optimizer_ != nullptr) {
    CAIRN_RETURN_IF_ERROR(MakeOptimizerSlots());
    CAIRN_RETURN_IF_ERROR(MatchOptimizer(*model_, *optimizer_,
                                         optimizer_variables_, snapshot,
                                         options, weights));
  }
  CAIRN_RETURN_IF_ERROR(Assign(weights.assignments));
  for (const Assignment& assignment : weights.assignments) {
    if (assignment.variable == optimizer_variables_.learning_rate.get()) {
      KeepLearningRate();
    }
  }
  return std::move(weights.report);
}

std::vector<RunChange> Trainer::FindRunChanges(const Snapshot& snapshot,
                                               const SavedRun& run) const {
  Config saved = run.data.is_object() ? run.data : Config(Config::Object());
  Config now = DataConfig();
  if (run.data.is_null()) {
    // Older versions wrote these two with the position alone.
    const auto position = snapshot.extras.find(kDataExtras);
    Config known = Config::Object();
    for (const char* key : {"batch_size", "samples"}) {
      if (position == snapshot.extras.end()) break;
      if (!position->second.values.Find(key).ok() || !now.Find(key).ok()) {
        continue;
      }
      Copy(position->second.values, key, saved);
      Copy(now, key, known);
    }
    now = std::move(known);
  }
  // Another size of batches makes another number of them.
  const auto batch_size = saved.Find("batch_size");
  if (batch_size.ok() && **batch_size != Config(this->batch_size())) {
    for (const char* key : {"batches", "validation_batches"}) {
      if (saved.Find(key).ok()) Copy(now, key, saved);
    }
  }
  if (fit_->options->seed.has_value()) {
    saved.Set("seed", absl::StrCat(run.seed));
    now.Set("seed", absl::StrCat(*fit_->options->seed));
  }
  if (snapshot.parts.count(Part::kCompile) > 0 &&
      snapshot.compile->is_object()) {
    Config compile = compile_config_;
    const auto metrics = snapshot.compile->Get<Config::List>("metrics");
    if (metrics.ok() && !metrics->empty() && metrics->front().is_string()) {
      compile.Set("metrics",
                  NamesOfMetrics(*compile.Get<Config::List>("metrics")));
    }
    for (const char* key : {"optimizer", "loss", "metrics"}) {
      Copy(snapshot.compile, key, saved);
      Copy(compile, key, now);
    }
  }
  if (snapshot.parts.count(Part::kArchitecture) > 0 &&
      !snapshot.architecture->is_null()) {
    saved.Set("model", *snapshot.architecture);
    now.Set("model", Serialize(*model_));
  }
  std::vector<RunChange> changes = FindChanges(saved, now);
  const auto& objects = fit_->options->state;
  for (const auto& [key, state] : snapshot.extras) {
    absl::string_view name = key;
    if (absl::ConsumePrefix(&name, kUserExtras) &&
        objects.count(std::string(name)) == 0) {
      changes.push_back({key, "a state", "no object"});
    }
  }
  for (const auto& [name, object] : objects) {
    const std::string key = absl::StrCat(kUserExtras, name);
    if (snapshot.extras.count(key) == 0) {
      changes.push_back({key, "no state", "an object"});
    }
  }
  return changes;
}

absl::Status Trainer::RestorePosition(const Snapshot& snapshot,
                                      const SavedRun& run,
                                      const std::vector<RunChange>& changes) {
  // The order of the data follows from these.
  const bool is_ours = fit_->feed->samples() >= 0;
  const bool shuffled = is_ours && fit_->options->shuffle;
  for (const char* name : {"samples", "shuffle", "seed"}) {
    if (run.between_epochs() || !is_ours || !Changes(changes, name)) continue;
    if (absl::string_view(name) == "seed" && !shuffled) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        name,
        " can change only between epochs, as the order of the data "
        "follows from it; the saved run is in epoch ",
        run.epoch + 1, ", after ", run.step_in_epoch,
        " steps of it: go on from the end of an epoch, or without the change"));
  }
  // A new feed, of the seed that is set now.
  CAIRN_RETURN_IF_ERROR(MakeTrainFeed(*fit_->data, *fit_->options));
  BatchSource& source = fit_->feed->source();
  const bool other_data = Changes(changes, "samples") ||
                          Changes(changes, "batches") ||
                          Changes(changes, "shuffle");
  if (run.between_epochs() && other_data) return source.StartEpoch(run.epoch);
  const auto position = snapshot.extras.find(kDataExtras);
  if (position != snapshot.extras.end()) {
    return source.RestoreState(position->second);
  }
  if (run.between_epochs()) return source.StartEpoch(run.epoch);
  return absl::DataLossError("the saved run says no position in it");
}

absl::Status Trainer::RestoreRun(const Snapshot& snapshot, const SavedRun& run,
                                 const std::vector<RunChange>& changes) {
  std::vector<Assignment> assignments;
  std::vector<std::shared_ptr<Variable>> variables = train_logs_->totals();
  variables.push_back(random_counter_);
  for (const std::shared_ptr<Variable>& variable : variables) {
    const Tensor* value =
        FindTensor(snapshot.extras.at(kRunExtras), variable->name());
    if (value != nullptr && value->spec() == variable->spec()) {
      assignments.push_back({variable->name(), variable.get(), *value});
    } else if (Changes(changes, "metrics")) {
      // A metric that is new counts from here.
      assignments.push_back(
          {variable->name(), variable.get(), Tensor::Zeros(variable->spec())});
    } else {
      return absl::InvalidArgumentError(absl::StrCat(
          "the saved run has no fitting value of \"", variable->name(), "\""));
    }
  }
  SetSeed(Changes(changes, "seed") ? *fit_->options->seed : run.seed);
  CAIRN_RETURN_IF_ERROR(
      Annotate(RestorePosition(snapshot, run, changes), "the data"));
  CAIRN_RETURN_IF_ERROR(Assign(assignments));
  epoch_ = run.epoch;
  step_ = run.step;
  step_in_epoch_ = run.step_in_epoch;
  epoch_trained_ = run.epoch_trained;
  rate_is_set_ = run.rate_is_set.value_or(rate_is_set_);
  // The rate that was saved must not win over one that is given anew.
  if (Changes(changes, "optimizer.learning_rate") ||
      std::any_of(changes.begin(), changes.end(), [](const RunChange& change) {
        return change.name == "optimizer";
      })) {
    rate_is_set_ = false;
    ApplySchedule();
  }
  if (!run.id.empty()) run_id_ = run.id;
  history_ = run.history;
  fit_->resumed_in_epoch = run.step_in_epoch > 0;
  return absl::OkStatus();
}

absl::StatusOr<RestoreReport> Trainer::Restore(const Snapshot& snapshot,
                                               const RestoreOptions& options) {
  if (fit_ == nullptr) return RestoreModel(snapshot, options);
  // All is checked before anything changes, as far as that is possible.
  CAIRN_ASSIGN_OR_RETURN(WeightAssignments weights,
                         MatchWeights(*model_, snapshot, options));
  const auto extras = snapshot.extras.find(kRunExtras);
  SavedRun run;
  std::vector<RunChange> changes;
  if (extras != snapshot.extras.end()) {
    CAIRN_ASSIGN_OR_RETURN(run, SavedRun::Read(extras->second.values));
    changes = FindRunChanges(snapshot, run);
    CAIRN_RETURN_IF_ERROR(CheckChanges(changes, options.allow_changed));
    CAIRN_RETURN_IF_ERROR(CheckNotRefused(FindMachineChanges(run.machine),
                                          options.refuse_changed));
  }
  if (snapshot.parts.count(Part::kOptimizer) > 0) {
    CAIRN_RETURN_IF_ERROR(MatchOptimizer(*model_, *optimizer_,
                                         optimizer_variables_, snapshot,
                                         options, weights));
  }
  if (!fit_->before_restore.has_value()) fit_->before_restore = MakeBackup();
  CAIRN_ASSIGN_OR_RETURN(RestoreReport report, RestoreModel(snapshot, options));
  if (extras != snapshot.extras.end()) {
    const absl::Status status = RestoreRun(snapshot, run, changes);
    if (!status.ok()) {
      PutBack(*fit_->before_restore);
      return status;
    }
    ReportChanges(snapshot, run, changes, options, report);
  }
  fit_->restored = snapshot.extras;
  return report;
}

void Trainer::ReportChanges(const Snapshot& snapshot, const SavedRun& run,
                            const std::vector<RunChange>& changes,
                            const RestoreOptions& options,
                            RestoreReport& report) const {
  for (const RunChange& change : changes) {
    report.changed.push_back(ChangeToString(change));
    LogWarning(absl::StrCat("the run goes on with a change that is allowed: ",
                            report.changed.back()));
  }
  for (const RunChange& change : FindMachineChanges(run.machine)) {
    report.changed.push_back(ChangeToString(change));
    if (options.allow_changed.count(change.name) > 0) continue;
    LogWarning(absl::StrCat(
        "the run goes on with other libraries or on another machine (",
        report.changed.back(),
        "): its bits may differ from those that an "
        "unbroken run would have had"));
  }
  std::set<std::string> known = {kRunExtras, kDataExtras};
  for (const auto& [name, object] : fit_->options->state) {
    known.insert(absl::StrCat(kUserExtras, name));
  }
  for (const auto& [name, callback] :
       KeyedCallbacks(fit_->options->callbacks)) {
    const std::string key = absl::StrCat(kCallbackExtras, name);
    known.insert(key);
    if (IsStateless(*callback) || snapshot.extras.count(key) > 0) continue;
    report.missing_states.push_back(key);
    LogWarning(absl::StrCat("the callback ", name,
                            " begins anew: the saved run has no state of it"));
  }
  for (const auto& [key, state] : snapshot.extras) {
    if (known.count(key) > 0) continue;
    report.unused_states.push_back(key);
    LogWarning(absl::StrCat("the saved run's state \"", key,
                            "\" is not used and will not be saved again: "
                            "nothing here has that name"));
  }
}

absl::Status Trainer::RestoreStates(
    const std::map<std::string, State>& extras) {
  std::vector<StateToRestore> states;
  const auto add = [&](const std::string& key, Stateful* object) {
    const auto found = extras.find(key);
    if (found != extras.end()) states.push_back({key, object, found->second});
  };
  for (const auto& [key, callback] : KeyedCallbacks(fit_->options->callbacks)) {
    add(absl::StrCat(kCallbackExtras, key), callback);
  }
  for (const auto& [name, object] : fit_->options->state) {
    add(absl::StrCat(kUserExtras, name), object);
  }
  return RestoreTogether(states);
}

}  // namespace cairn
