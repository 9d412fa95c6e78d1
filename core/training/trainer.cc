#include "core/training/trainer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/annotate.h"
#include "core/base/status_macros.h"
#include "core/data/tensor_samples.h"
#include "core/training/batch_feed.h"
#include "core/training/callback_list.h"
#include "core/training/fit_state.h"
#include "core/transform/prepare_for_plan.h"

namespace cairn {
namespace {

bool HasTargets(const std::vector<BatchField>& fields) {
  return std::any_of(fields.begin(), fields.end(), [](const BatchField& f) {
    return f.use == BatchField::Use::kTarget;
  });
}

}  // namespace

Trainer::Trainer(Layer* model, const CompileOptions& options, uint64_t seed)
    : model_(model),
      options_(options),
      team_(options.threads),
      model_seed_(seed),
      seed_(seed),
      random_counter_(std::make_shared<Variable>(
          "random_counter", TensorSpec{DType::kInt64, {}}, false)) {
  optimizer_variables_.iterations = std::make_shared<Variable>(
      "iterations", TensorSpec{DType::kInt64, {}}, false);
  optimizer_variables_.learning_rate =
      std::make_shared<Variable>("learning_rate", TensorSpec(), false);
}

Trainer::~Trainer() = default;

absl::StatusOr<std::unique_ptr<Trainer>> Trainer::Create(
    Layer* model, const CompileOptions& options, uint64_t seed) {
  if (options.threads < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("threads must not be negative, got ", options.threads));
  }
  auto trainer = std::unique_ptr<Trainer>(new Trainer(model, options, seed));
  if (!options.loss.empty()) {
    CAIRN_ASSIGN_OR_RETURN(trainer->loss_, options.loss.Get());
    if (options.optimizer.empty()) {
      return absl::InvalidArgumentError("no optimizer was given");
    }
    CAIRN_ASSIGN_OR_RETURN(trainer->optimizer_, options.optimizer.Get());
    trainer->ApplySchedule();
  }
  for (const Rule<Metric>& rule : options.metrics) {
    CAIRN_ASSIGN_OR_RETURN(std::shared_ptr<const Metric> metric, rule.Get());
    // A metric given by name reports under that name.
    const std::string name = rule.name().empty() ? metric->name() : rule.name();
    for (const auto& [other, unused] : trainer->metrics_) {
      if (other == name) {
        return absl::InvalidArgumentError(
            absl::StrCat("two metrics are called \"", name, "\""));
      }
    }
    trainer->metrics_.emplace_back(name, std::move(metric));
  }
  if (trainer->loss_ != nullptr) {
    trainer->compile_config_ = trainer->MakeCompileConfig();
  }
  return trainer;
}

void Trainer::SetModelSeed(uint64_t seed) {
  model_seed_ = seed;
  SetSeed(seed);
}

void Trainer::SetSeed(uint64_t seed) {
  if (seed == seed_) return;
  seed_ = seed;
  // The random ops of a trace are keyed by the seed.
  plans_.erase(Mode::kTrain);
}

StepParts Trainer::MakeStepParts() const {
  return {.model = model_,
          .loss = loss_.get(),
          .optimizer = optimizer_.get(),
          .optimizer_variables =
              const_cast<OptimizerVariables*>(&optimizer_variables_),
          .random_counter = random_counter_,
          .seed = seed_,
          .fields = fields_};
}

absl::Status Trainer::Prepare(const std::vector<BatchField>& fields,
                              bool with_loss) {
  if (with_loss && loss_ == nullptr) {
    return absl::FailedPreconditionError(
        "the model is not compiled: call Compile() with a loss first");
  }
  const bool keep_targets = !with_loss && !HasTargets(fields);
  if (!fields_.empty() && SameFields(fields, fields_, !keep_targets) &&
      (!with_loss || train_logs_.has_value())) {
    return absl::OkStatus();
  }
  if (fit_ != nullptr && fit_->prepared) {
    return absl::FailedPreconditionError(
        "while Fit() runs, the model takes only data like those it is trained "
        "on");
  }
  fields_ = fields;
  plans_.clear();
  // Tracing a prediction builds the model, and says early what does not fit.
  StepParts parts = MakeStepParts();
  parts.seed = model_seed_;
  CAIRN_ASSIGN_OR_RETURN(plans_[Mode::kPredict].graph, TracePredictStep(parts));
  if (!with_loss) return absl::OkStatus();
  CAIRN_RETURN_IF_ERROR(MakeOptimizerSlots());
  return MakeLogs(fields);
}

absl::Status Trainer::MakeLogs(const std::vector<BatchField>& fields) {
  const Graph& predict = *plans_[Mode::kPredict].graph;
  std::vector<MetricEntry> entries;
  for (const auto& [name, metric] : metrics_) {
    TensorSpec target;
    for (const BatchField& field : fields) {
      if (field.use == BatchField::Use::kTarget) target = field.spec;
    }
    target.shape.insert(target.shape.begin(), kDynamic);
    std::shared_ptr<const Metric> chosen =
        metric->Choose(target, predict.spec(predict.outputs()[0]));
    entries.push_back({name, chosen == nullptr ? metric : std::move(chosen)});
  }
  train_logs_.emplace("train", entries);
  test_logs_.emplace("test", entries);
  // A fault of the loss or a metric shows before the first batch is read.
  CAIRN_ASSIGN_OR_RETURN(plans_[Mode::kTest].graph,
                         TraceTestStep(MakeStepParts(), *test_logs_));
  return absl::OkStatus();
}

absl::StatusOr<Plan*> Trainer::FindPlan(Mode mode, int64_t rows) {
  ModePlans& plans = plans_[mode];
  const auto found = plans.by_rows.find(rows);
  if (found != plans.by_rows.end()) return found->second.get();
  if (!plans.graph.has_value()) {
    const StepParts parts = MakeStepParts();
    if (mode == Mode::kTrain) {
      CAIRN_ASSIGN_OR_RETURN(plans.graph, TraceTrainStep(parts, *train_logs_));
    } else if (mode == Mode::kTest) {
      CAIRN_ASSIGN_OR_RETURN(plans.graph, TraceTestStep(parts, *test_logs_));
    } else {
      CAIRN_ASSIGN_OR_RETURN(plans.graph, TracePredictStep(parts));
    }
  }
  std::vector<Shape> shapes;
  for (const ValueId input : plans.graph->inputs()) {
    Shape shape = plans.graph->spec(input).shape;
    shape[0] = rows;
    shapes.push_back(std::move(shape));
  }
  CAIRN_ASSIGN_OR_RETURN(Graph prepared, PrepareForPlan(*plans.graph, shapes));
  CAIRN_ASSIGN_OR_RETURN(std::unique_ptr<Plan> plan,
                         Plan::Compile(std::move(prepared), &team_));
  return (plans.by_rows[rows] = std::move(plan)).get();
}

absl::Status Trainer::PlanWholeBatch(Mode mode, const BatchSource& source) {
  ModePlans& plans = plans_[mode];
  CAIRN_ASSIGN_OR_RETURN(plans.whole, FindPlan(mode, source.batch_size()));
  plans.inputs.clear();
  plans.destinations.clear();
  // A prediction may come without the targets that the graph has inputs for.
  const bool skip = mode == Mode::kPredict && !HasTargets(source.fields());
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (skip && fields_[i].use == BatchField::Use::kTarget) continue;
    plans.inputs.push_back(static_cast<int>(i));
    plans.destinations.push_back(plans.whole->input(plans.inputs.back()));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Trainer::RunNextBatch(Mode mode, BatchSource& source,
                                              Plan** ran) {
  ModePlans& plans = plans_[mode];
  // A validation's time is not parted.
  const auto enter = [&](RunTimer::Part part) {
    if (mode == Mode::kTrain) fit_->timer.Enter(part);
  };
  const int64_t batch_size = source.batch_size();
  if (plans.whole == nullptr ||
      plans.whole->input_spec(0).shape[0] != batch_size) {
    enter(RunTimer::Part::kRest);
    CAIRN_RETURN_IF_ERROR(PlanWholeBatch(mode, source));
  }
  enter(RunTimer::Part::kData);
  CAIRN_ASSIGN_OR_RETURN(const int64_t rows, source.Next(plans.destinations));
  enter(RunTimer::Part::kRest);
  if (rows == 0) return 0;
  Plan* plan = plans.whole;
  if (rows != batch_size) {
    // The last batch of an epoch has a plan of its own.
    CAIRN_ASSIGN_OR_RETURN(plan, FindPlan(mode, rows));
    for (size_t i = 0; i < plans.inputs.size(); ++i) {
      const absl::Span<std::byte> to = plan->input(plans.inputs[i]);
      std::memcpy(to.data(), plans.destinations[i].data(), to.size());
    }
  }
  if (mode == Mode::kTrain) {
    ApplySchedule();
    step_is_whole_ = false;
  }
  enter(RunTimer::Part::kCompute);
  CAIRN_RETURN_IF_ERROR(plan->Run());
  enter(RunTimer::Part::kRest);
  *ran = plan;
  return rows;
}

absl::StatusOr<Logs> Trainer::TrainOnBatch(const Arrays& batch) {
  CAIRN_ASSIGN_OR_RETURN(const SamplesPointer samples,
                         FromTensors(batch.inputs, batch.targets));
  if (samples->size() == 0) {
    return absl::InvalidArgumentError("the batch has no samples");
  }
  CAIRN_RETURN_IF_ERROR(Prepare(samples->fields(), /*with_loss=*/true));
  train_logs_->Reset();
  CAIRN_ASSIGN_OR_RETURN(Plan* const plan,
                         FindPlan(Mode::kTrain, samples->size()));
  int index = 0;
  for (const auto* list : {&batch.inputs, &batch.targets}) {
    for (const NamedTensor& tensor : *list) {
      const absl::Span<std::byte> to = plan->input(index++);
      std::memcpy(to.data(), tensor.value.bytes().data(), to.size());
    }
  }
  ApplySchedule();
  CAIRN_RETURN_IF_ERROR(plan->Run());
  ++step_;
  return train_logs_->Compute();
}

absl::StatusOr<std::string> Trainer::DescribeTrainStep(
    const std::vector<BatchField>& fields, int64_t rows) {
  CAIRN_RETURN_IF_ERROR(Prepare(fields, /*with_loss=*/true));
  CAIRN_ASSIGN_OR_RETURN(const Plan* const plan, FindPlan(Mode::kTrain, rows));
  return plan->Describe();
}

float Trainer::ScheduledRate(int64_t steps_back) const {
  const int64_t iterations =
      optimizer_variables_.iterations->value().values<int64_t>()[0];
  return static_cast<float>(
      optimizer_->LearningRate(std::max<int64_t>(iterations - steps_back, 0)));
}

void Trainer::ApplySchedule() {
  if (!rate_is_set_) AssignRate(ScheduledRate(0));
}

void Trainer::AssignRate(float rate) {
  optimizer_variables_.learning_rate->mutable_value()
      .mutable_values<float>()[0] = rate;
}

float Trainer::learning_rate() const {
  if (!rate_is_set_ && optimizer_ != nullptr) return ScheduledRate(0);
  return optimizer_variables_.learning_rate->value().values<float>()[0];
}

void Trainer::set_learning_rate(float rate) {
  rate_is_set_ = true;
  AssignRate(rate);
}

RunTimes Trainer::times() const {
  return fit_ == nullptr ? RunTimes() : fit_->timer.Read();
}

std::vector<std::string> Trainer::log_names() const {
  std::vector<std::string> names;
  if (!train_logs_.has_value()) return names;
  for (const char* prefix : {"", "val_"}) {
    if (*prefix != 0 && !has_validation()) break;
    names.push_back(absl::StrCat(prefix, "loss"));
    for (const MetricEntry& entry : train_logs_->metrics()) {
      names.push_back(absl::StrCat(prefix, entry.name));
    }
  }
  return names;
}

}  // namespace cairn
