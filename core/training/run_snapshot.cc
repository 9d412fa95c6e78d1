// What a Trainer saves of a run, and how it goes on from it.
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/annotate.h"
#include "core/base/log.h"
#include "core/base/status_macros.h"
#include "core/base/version.h"
#include "core/training/callback_list.h"
#include "core/training/fit_state.h"
#include "core/training/snapshot_of.h"
#include "core/training/trainer.h"

namespace cairn {
namespace {

constexpr char kRun[] = "run";
constexpr char kData[] = "data";
constexpr char kCallback[] = "callback/";
constexpr char kUser[] = "user/";

// A run's numbers as a snapshot has them.
struct RunNumbers {
  int64_t epoch = 0, step = 0, step_in_epoch = 0;
  bool epoch_trained = false;
  uint64_t seed = 0;
  std::string id;
  std::optional<bool> rate_is_set;
  History history;
};

// A member that runs of older versions do not have.
template <typename T>
absl::StatusOr<T> GetOr(const Config& values, absl::string_view key,
                        T otherwise) {
  if (absl::IsNotFound(values.Find(key).status())) return otherwise;
  return values.Get<T>(key);
}

State Clone(const State& state) {
  State copy = state;
  for (NamedTensor& tensor : copy.tensors) tensor.value = tensor.value.Clone();
  return copy;
}

absl::StatusOr<RunNumbers> ReadRunNumbers(const Config& values) {
  RunNumbers run;
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
  CAIRN_ASSIGN_OR_RETURN(const Config* history, values.Find("history"));
  CAIRN_ASSIGN_OR_RETURN(run.history, History::FromConfig(*history));
  return run;
}

const Tensor* FindTensor(const State& state, const std::string& name) {
  for (const NamedTensor& tensor : state.tensors) {
    if (tensor.name == name) return &tensor.value;
  }
  return nullptr;
}

}  // namespace

Config Trainer::CompileConfig() const {
  Config::List metrics;
  for (const auto& [name, metric] : metrics_) metrics.push_back(name);
  return Config::Object{{"optimizer", Serialize(*optimizer_)},
                        {"loss", Serialize(*loss_)},
                        {"metrics", std::move(metrics)}};
}

State Trainer::RunExtras() const {
  const bool ended = epoch_ended_;
  State state{.values = Config::Object{
                  {"cairn", std::string(Version())},
                  {"epoch", ended ? epoch_ + 1 : epoch_},
                  {"step", step_},
                  {"step_in_epoch", ended ? int64_t{0} : step_in_epoch_},
                  {"epoch_trained", epoch_trained_ && !ended},
                  // Larger than what JSON's readers take for a number.
                  {"seed", absl::StrCat(seed_)},
                  {"id", run_id_},
                  {"learning_rate_is_set", rate_is_set_},
                  {"history", history_.ToConfig()}}};
  state.tensors.push_back({"random_counter", random_counter_->value()});
  for (const auto& total : train_logs_->totals()) {
    state.tensors.push_back({total->name(), total->value()});
  }
  return state;
}

absl::StatusOr<Snapshot> Trainer::TakeSnapshot(const Parts& parts) {
  Snapshot snapshot;
  SnapshotWeights(*model_, snapshot);
  if (parts.count(Part::kArchitecture) > 0) {
    snapshot.architecture = Serialize(*model_);
    snapshot.parts.insert(Part::kArchitecture);
  }
  if (loss_ == nullptr) return snapshot;
  if (parts.count(Part::kOptimizer) > 0) {
    CAIRN_RETURN_IF_ERROR(MakeOptimizerSlots());
    SnapshotOptimizer(*model_, *optimizer_, optimizer_variables_, snapshot);
  }
  if (parts.count(Part::kCompile) > 0) {
    snapshot.compile = CompileConfig();
    snapshot.parts.insert(Part::kCompile);
  }
  if (parts.count(Part::kExtras) > 0 && fit_ != nullptr) {
    snapshot.extras[kRun] = RunExtras();
    snapshot.extras[kData] = fit_->feed->source().SaveState();
    for (const auto& [key, callback] :
         KeyedCallbacks(fit_->options->callbacks)) {
      State state = callback->SaveState();
      if (state.values.is_null() && state.tensors.empty()) continue;
      snapshot.extras[absl::StrCat(kCallback, key)] = std::move(state);
    }
    for (const auto& [name, object] : fit_->options->state) {
      snapshot.extras[absl::StrCat(kUser, name)] = object->SaveState();
    }
    snapshot.parts.insert(Part::kExtras);
  }
  return snapshot;
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
  Assign(weights.assignments);
  for (const Assignment& assignment : weights.assignments) {
    if (assignment.variable == optimizer_variables_.learning_rate.get()) {
      KeepLearningRate();
    }
  }
  return std::move(weights.report);
}

absl::Status Trainer::RestoreRun(const Snapshot& snapshot) {
  const State& state = snapshot.extras.at(kRun);
  CAIRN_ASSIGN_OR_RETURN(RunNumbers run, ReadRunNumbers(state.values));
  const FitOptions& options = *fit_->options;
  if (options.seed.has_value() && *options.seed != run.seed) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the saved run has the seed ", run.seed, ", this one was given ",
        *options.seed, "; leave the seed out to go on with the saved one"));
  }
  if (snapshot.parts.count(Part::kCompile) > 0 &&
      !(snapshot.compile == CompileConfig())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the saved run was compiled with other settings: saved ",
        snapshot.compile.ToJson(), ", now ", CompileConfig().ToJson()));
  }
  std::vector<Assignment> assignments;
  std::vector<std::shared_ptr<Variable>> variables = train_logs_->totals();
  variables.push_back(random_counter_);
  for (const std::shared_ptr<Variable>& variable : variables) {
    const Tensor* value = FindTensor(state, variable->name());
    if (value == nullptr || value->spec() != variable->spec()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the saved run has no fitting value of \"", variable->name(), "\""));
    }
    assignments.push_back({variable->name(), variable.get(), *value});
  }
  // The order of the data follows from the seed. The position is tried on a new
  // feed, so that the old one stays if it does not fit.
  const uint64_t old_seed = seed_;
  SetSeed(run.seed);
  std::optional<BatchFeed> old_feed = std::move(fit_->feed);
  absl::Status status = MakeTrainFeed(*fit_->data, options);
  const auto data = snapshot.extras.find(kData);
  if (status.ok() && data != snapshot.extras.end()) {
    status = fit_->feed->source().RestoreState(data->second);
  }
  if (!status.ok()) {
    SetSeed(old_seed);
    fit_->feed = std::move(old_feed);
    return Annotate(status, "the data");
  }
  Assign(assignments);
  epoch_ = run.epoch;
  step_ = run.step;
  step_in_epoch_ = run.step_in_epoch;
  epoch_trained_ = run.epoch_trained;
  rate_is_set_ = run.rate_is_set.value_or(rate_is_set_);
  if (!run.id.empty()) run_id_ = run.id;
  history_ = std::move(run.history);
  fit_->resumed_in_epoch = run.step_in_epoch > 0;
  return absl::OkStatus();
}

absl::StatusOr<RestoreReport> Trainer::Restore(const Snapshot& snapshot,
                                               const RestoreOptions& options) {
  if (fit_ == nullptr) return RestoreModel(snapshot, options);
  // Checked before anything changes; RestoreModel() checks again.
  CAIRN_ASSIGN_OR_RETURN(WeightAssignments weights,
                         MatchWeights(*model_, snapshot, options));
  if (snapshot.parts.count(Part::kOptimizer) > 0) {
    CAIRN_RETURN_IF_ERROR(MatchOptimizer(*model_, *optimizer_,
                                         optimizer_variables_, snapshot,
                                         options, weights));
  }
  if (!fit_->before_restore.has_value()) fit_->before_restore = MakeBackup();
  CAIRN_ASSIGN_OR_RETURN(RestoreReport report, RestoreModel(snapshot, options));
  if (snapshot.extras.count(kRun) > 0) {
    const absl::Status status = RestoreRun(snapshot);
    if (!status.ok()) {
      PutBack(*fit_->before_restore);
      return status;
    }
  }
  fit_->restored = snapshot.extras;
  return report;
}

Trainer::Backup Trainer::MakeBackup() const {
  Backup backup{.data = Clone(fit_->feed->source().SaveState()),
                .seed = seed_,
                .epoch = epoch_,
                .step = step_,
                .step_in_epoch = step_in_epoch_,
                .epoch_trained = epoch_trained_,
                .rate_is_set = rate_is_set_,
                .run_id = run_id_,
                .history = history_};
  const auto add = [&](const std::shared_ptr<Variable>& variable) {
    backup.variables.push_back(
        {variable->name(), variable.get(), variable->value().Clone()});
  };
  for (const Weight& weight : model_->weights()) add(weight.variable);
  for (const auto& [name, slots] : optimizer_variables_.slots) {
    for (const auto& [weight, slot] : slots) add(slot);
  }
  add(optimizer_variables_.iterations);
  add(optimizer_variables_.learning_rate);
  add(random_counter_);
  for (const auto& total : train_logs_->totals()) add(total);
  for (const auto& [name, object] : fit_->options->state) {
    backup.objects.emplace_back(object, Clone(object->SaveState()));
  }
  return backup;
}

void Trainer::PutBack(const Backup& backup) {
  Assign(backup.variables);
  SetSeed(backup.seed);
  absl::Status status = MakeTrainFeed(*fit_->data, *fit_->options);
  if (status.ok()) {
    status = fit_->feed->source().RestoreState(backup.data);
  }
  for (const auto& [object, state] : backup.objects) {
    if (status.ok()) status = object->RestoreState(state);
  }
  // An object that does not take what it just gave breaks its word.
  if (!status.ok()) {
    LogWarning(absl::StrCat("what was before could not be put back: ",
                            status.message()));
  }
  epoch_ = backup.epoch;
  step_ = backup.step;
  step_in_epoch_ = backup.step_in_epoch;
  epoch_trained_ = backup.epoch_trained;
  rate_is_set_ = backup.rate_is_set;
  run_id_ = backup.run_id;
  history_ = backup.history;
  fit_->resumed_in_epoch = false;
  fit_->restored.reset();
}

absl::Status Trainer::RestoreStates(
    const std::map<std::string, State>& extras) {
  std::vector<std::pair<std::string, Stateful*>> objects;
  for (const auto& [key, callback] : KeyedCallbacks(fit_->options->callbacks)) {
    objects.emplace_back(absl::StrCat(kCallback, key), callback);
  }
  for (const auto& [name, object] : fit_->options->state) {
    objects.emplace_back(absl::StrCat(kUser, name), object);
  }
  std::vector<std::pair<Stateful*, State>> done;
  for (const auto& [key, object] : objects) {
    const auto found = extras.find(key);
    if (found == extras.end()) continue;
    State before = Clone(object->SaveState());
    const absl::Status status = object->RestoreState(found->second);
    if (!status.ok()) {
      for (const auto& [other, state] : done) {
        other->RestoreState(state).IgnoreError();
      }
      return Annotate(status, absl::StrCat("the saved state \"", key, "\""));
    }
    done.emplace_back(object, std::move(before));
  }
  return absl::OkStatus();
}

}  // namespace cairn
