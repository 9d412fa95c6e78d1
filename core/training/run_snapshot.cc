// What a Trainer saves of a run.
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/log.h"
#include "core/base/status_macros.h"
#include "core/base/version.h"
#include "core/runtime/machine.h"
#include "core/training/callback_list.h"
#include "core/training/fit_state.h"
#include "core/training/snapshot_of.h"
#include "core/training/trainer.h"

namespace cairn {
Config Trainer::MakeCompileConfig() const {
  Config::List metrics;
  for (const auto& [name, metric] : metrics_) {
    Config entry = Serialize(*metric);
    entry.Set("name", name);
    metrics.push_back(std::move(entry));
  }
  return Config::Object{{"optimizer", Serialize(*optimizer_)},
                        {"loss", Serialize(*loss_)},
                        {"metrics", std::move(metrics)}};
}

Config Trainer::DataConfig() const {
  Config config = Config::Object{{"batch_size", batch_size()}};
  if (fit_->feed->samples() >= 0) {
    config.Set("samples", fit_->feed->samples());
    config.Set("shuffle", fit_->options->shuffle);
  } else {
    config.Set("batches", fit_->feed->source().batches_per_epoch());
  }
  config.Set("fields", FieldsToString(fields_));
  if (!has_validation()) return config;
  if (fit_->validation->samples() >= 0) {
    config.Set("validation_samples", fit_->validation->samples());
  } else {
    config.Set("validation_batches",
               fit_->validation->source().batches_per_epoch());
  }
  return config;
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
                  {"data", DataConfig()},
                  {"machine", MachineConfig()},
                  {"history", history_.ToConfig()}}};
  state.tensors.push_back({"random_counter", random_counter_->value()});
  for (const auto& total : train_logs_->totals()) {
    state.tensors.push_back({total->name(), total->value()});
  }
  return state;
}

void Trainer::ListContents(const Layer& layer,
                           std::vector<LayerContent>& contents) {
  contents.push_back(
      {&layer, layer.own_weights().size(), layer.children().size()});
  for (const Layer::Child& child : layer.children()) {
    ListContents(*child.layer, contents);
  }
}

bool Trainer::HasContents(const Layer& layer,
                          const std::vector<LayerContent>& contents,
                          size_t& place) {
  const LayerContent now = {&layer, layer.own_weights().size(),
                            layer.children().size()};
  if (place == contents.size() || contents[place] != now) return false;
  ++place;
  for (const Layer::Child& child : layer.children()) {
    if (!HasContents(*child.layer, contents, place)) return false;
  }
  return true;
}

absl::StatusOr<Snapshot> Trainer::TakeLastingSnapshot(const Parts& parts) {
  Parts wanted = {Part::kWeights};
  if (parts.count(Part::kArchitecture) > 0) wanted.insert(Part::kArchitecture);
  if (parts.count(Part::kOptimizer) > 0 && loss_ != nullptr) {
    wanted.insert(Part::kOptimizer);
  }
  size_t place = 0;
  if (lasting_.parts == wanted &&
      HasContents(*model_, lasting_layers_, place)) {
    return lasting_;
  }
  Snapshot snapshot;
  SnapshotWeights(*model_, snapshot);
  if (wanted.count(Part::kArchitecture) > 0) {
    snapshot.architecture = Serialize(*model_);
    snapshot.parts.insert(Part::kArchitecture);
  }
  if (wanted.count(Part::kOptimizer) > 0) {
    CAIRN_RETURN_IF_ERROR(MakeOptimizerSlots());
    SnapshotOptimizer(*model_, *optimizer_, optimizer_variables_, snapshot);
  }
  lasting_ = snapshot;
  lasting_layers_.clear();
  ListContents(*model_, lasting_layers_);
  return snapshot;
}

absl::StatusOr<Snapshot> Trainer::TakeSnapshot(const Parts& parts) {
  CAIRN_ASSIGN_OR_RETURN(Snapshot snapshot, TakeLastingSnapshot(parts));
  if (loss_ == nullptr) return snapshot;
  if (parts.count(Part::kCompile) > 0) {
    snapshot.compile = compile_config_;
    snapshot.parts.insert(Part::kCompile);
  }
  if (parts.count(Part::kExtras) > 0 && fit_ != nullptr) {
    snapshot.extras[kRunExtras] = RunExtras();
    snapshot.extras[kDataExtras] = fit_->feed->source().SaveState();
    for (const auto& [key, callback] :
         KeyedCallbacks(fit_->options->callbacks)) {
      if (IsStateless(*callback)) continue;
      snapshot.extras[absl::StrCat(kCallbackExtras, key)] =
          callback->SaveState();
    }
    for (const auto& [name, object] : fit_->options->state) {
      snapshot.extras[absl::StrCat(kUserExtras, name)] = object->SaveState();
    }
    snapshot.parts.insert(Part::kExtras);
  }
  return snapshot;
}

absl::StatusOr<Snapshot> Trainer::TakeDetachedSnapshot(
    const Parts& parts, SnapshotBuffers& buffers) {
  team_.WakeUp();
  CAIRN_ASSIGN_OR_RETURN(Snapshot snapshot, TakeSnapshot(parts));
  snapshot.Detach(buffers, &team_);
  return snapshot;
}

Trainer::Backup Trainer::MakeBackup() const {
  Backup backup{.data = CloneState(fit_->feed->source().SaveState()),
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
    backup.objects.emplace_back(object, CloneState(object->SaveState()));
  }
  return backup;
}

void Trainer::PutBack(const Backup& backup) {
  CAIRN_CHECK(Assign(backup.variables).ok());
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

}  // namespace cairn
