#include "core/runtime/plan.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <climits>
#include <cstring>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "core/base/annotate.h"
#include "core/base/check.h"
#include "core/base/mutex.h"
#include "core/base/status_macros.h"
#include "core/runtime/compute_scope.h"
#include "core/runtime/kernel.h"
#include "core/runtime/memory_planner.h"
#include "core/runtime/team_choice.h"
#include "core/tensor/aligned_buffer.h"

namespace cairn {
namespace {

// A step after all kernels, when updates are copied and outputs are read.
constexpr int kEnd = INT_MAX;

// What holds a value's bytes.
struct Storage {
  enum class Kind { kArena, kVariable, kConstant, kInput };
  Kind kind = Kind::kArena;
  size_t bytes = 0;
  int first = 0;
  int last = 0;
  const Variable* variable = nullptr;
  std::byte* address = nullptr;
  bool update_target = false;
};

bool HasNoKernel(absl::string_view op) {
  return op == "Placeholder" || op == "ReadVariableOp" || op == "Const" ||
         op == "Reshape";
}

}  // namespace

class Plan::State {
 public:
  State(Graph graph, ThreadTeam* team)
      : graph_(std::move(graph)), team_(team) {}

  absl::Status Compile() {
    const ComputeScope scope;
    CAIRN_RETURN_IF_ERROR(MakeKernels());
    AssignStorage();
    FindLifetimes();
    WriteUpdatesInPlace();
    ReuseDyingInputs();
    PlaceInArena();
    return BindKernels();
  }

  absl::Status Run() {
    if (team_ == nullptr || team_->threads() == 1) return RunSteps(false);
    const auto begin = std::chrono::steady_clock::now();
    absl::Status status = RunSteps(team_choice_.use_team());
    team_choice_.Record(std::chrono::steady_clock::now() - begin);
    return status;
  }

  absl::Status RunSteps(bool use_team) {
    const ComputeScope scope;
    for (Step& step : steps_) {
      if (step.tasks > 1 && use_team) {
        RunOnTeam(step);
        if (failed_.load(std::memory_order_relaxed)) return TakeError();
        continue;
      }
      for (int task = 0; task < step.tasks; ++task) {
        CAIRN_RETURN_IF_ERROR(step.kernel->Run(step.stage, task));
      }
    }
    for (const Copy& copy : staged_copies_) {
      std::memcpy(copy.to, copy.from, copy.bytes);
    }
    for (const Copy& copy : copies_) {
      std::memcpy(copy.to, copy.from, copy.bytes);
    }
    return absl::OkStatus();
  }

  const Graph& graph() const { return graph_; }
  std::byte* address(ValueId value) const {
    return storages_[storage_of_.at(value)].address;
  }
  const std::byte* output(int index) const { return outputs_[index]; }
  size_t arena_bytes() const { return arena_bytes_; }
  void FillArena(unsigned char byte) {
    std::memset(arena_.get(), byte, arena_bytes_);
  }

  std::string Describe() const {
    std::string text;
    for (const Planned& planned : kernels_) {
      absl::StrAppend(&text, graph_.nodes()[planned.node].op->name, ": ",
                      planned.kernel->Describe());
      for (const TensorSpec& spec : graph_.nodes()[planned.node].outputs) {
        absl::StrAppend(&text, " ", SpecToString(spec));
      }
      text += "\n";
    }
    return text;
  }

 private:
  // A node with its kernel. Its place in kernels_ is the step that lifetimes
  // are counted in.
  struct Planned {
    int32_t node;
    std::unique_ptr<Kernel> kernel;
    int scratch = -1;  // A storage.
  };
  // One stage of one kernel.
  struct Step {
    Kernel* kernel;
    int stage;
    int tasks;
    State* plan;
  };
  struct Copy {
    std::byte* to;
    const std::byte* from;
    size_t bytes;
  };

  absl::Status MakeKernels() {
    for (size_t i = 0; i < graph_.nodes().size(); ++i) {
      const Graph::Node& node = graph_.nodes()[i];
      if (HasNoKernel(node.op->name)) continue;
      std::vector<TensorSpec> inputs;
      for (const ValueId input : node.inputs) {
        inputs.push_back(graph_.spec(input));
      }
      absl::StatusOr<std::unique_ptr<Kernel>> kernel =
          CreateKernel({node.op->name, node.attrs, inputs, node.outputs});
      if (!kernel.ok()) return Annotate(kernel.status(), node.op->name);
      kernels_.push_back({static_cast<int32_t>(i), *std::move(kernel)});
    }
    return absl::OkStatus();
  }

  int AddStorage(Storage storage) {
    storages_.push_back(storage);
    return static_cast<int>(storages_.size()) - 1;
  }

  void AssignStorage() {
    for (size_t i = 0; i < graph_.nodes().size(); ++i) {
      const Graph::Node& node = graph_.nodes()[i];
      for (size_t o = 0; o < node.outputs.size(); ++o) {
        const ValueId value{static_cast<int32_t>(i), static_cast<int32_t>(o)};
        const size_t bytes = ByteSize(node.outputs[o]);
        if (node.op->name == "Reshape") {
          storage_of_[value] = storage_of_.at(node.inputs[0]);
        } else if (node.op->name == "ReadVariableOp") {
          storage_of_[value] = VariableStorage(
              *graph_.variables()[GetAttr<int64_t>(node.attrs, "variable")]);
        } else if (node.op->name == "Const") {
          Tensor constant = GetAttr<Tensor>(node.attrs, "value");
          storage_of_[value] =
              AddStorage({.kind = Storage::Kind::kConstant,
                          .bytes = bytes,
                          .address = constant.mutable_bytes().data()});
        } else if (node.op->name == "Placeholder") {
          inputs_.push_back(MakeAlignedBuffer(bytes));
          storage_of_[value] = AddStorage({.kind = Storage::Kind::kInput,
                                           .bytes = bytes,
                                           .address = inputs_.back().get()});
        } else {
          storage_of_[value] = AddStorage({.bytes = bytes});
        }
      }
    }
  }

  int VariableStorage(const Variable& variable) {
    const auto [found, is_new] =
        storage_of_variable_.try_emplace(&variable, storages_.size());
    if (is_new) {
      AddStorage({.kind = Storage::Kind::kVariable,
                  .bytes = ByteSize(variable.spec()),
                  .variable = &variable,
                  .address = const_cast<Variable&>(variable)
                                 .mutable_value()
                                 .mutable_bytes()
                                 .data()});
    }
    return found->second;
  }

  void FindLifetimes() {
    for (size_t step = 0; step < kernels_.size(); ++step) {
      const Planned& planned = kernels_[step];
      const Graph::Node& node = graph_.nodes()[planned.node];
      for (size_t o = 0; o < node.outputs.size(); ++o) {
        Storage& storage =
            storages_[storage_of_.at({planned.node, static_cast<int32_t>(o)})];
        storage.first = static_cast<int>(step);
        storage.last = std::max(storage.last, static_cast<int>(step));
      }
      for (const ValueId input : node.inputs) {
        storages_[storage_of_.at(input)].last = static_cast<int>(step);
      }
      const size_t scratch = planned.kernel->scratch_bytes();
      if (scratch > 0) {
        kernels_[step].scratch = AddStorage({.bytes = scratch,
                                             .first = static_cast<int>(step),
                                             .last = static_cast<int>(step)});
      }
    }
    for (const ValueId output : graph_.outputs()) {
      storages_[storage_of_.at(output)].last = kEnd;
    }
  }

  // By storage: the step whose kernel makes the value in it, or -1, and whether
  // a kernel reads it.
  struct Uses {
    std::vector<int> producer;
    std::vector<bool> is_read;
  };

  Uses FindUses() const {
    Uses uses = {std::vector<int>(storages_.size(), -1),
                 std::vector<bool>(storages_.size(), false)};
    for (size_t step = kernels_.size(); step-- > 0;) {
      const int32_t index = kernels_[step].node;
      const Graph::Node& node = graph_.nodes()[index];
      for (size_t o = 0; o < node.outputs.size(); ++o) {
        uses.producer[storage_of_.at({index, static_cast<int32_t>(o)})] =
            static_cast<int>(step);
      }
      for (const ValueId input : node.inputs) {
        uses.is_read[storage_of_.at(input)] = true;
      }
    }
    return uses;
  }

  int LastFallibleStep() const {
    int last = -1;
    for (size_t step = 0; step < kernels_.size(); ++step) {
      if (kernels_[step].kernel->may_fail()) last = static_cast<int>(step);
    }
    return last;
  }

  bool WorksInPlace(int step) const {
    return graph_.nodes()[kernels_[step].node].op->traits.in_place;
  }

  // An update is written straight into its variable when the old value has no
  // reader left by then and nothing can fail any more. Else it is copied at the
  // end; from another variable, by way of a buffer, as that may change too.
  void WriteUpdatesInPlace() {
    const int last_fallible = LastFallibleStep();
    std::vector<const Graph::Update*> copied;
    for (const Graph::Update& update : graph_.updates()) {
      const int source = storage_of_.at(update.new_value);
      if (storages_[source].kind == Storage::Kind::kVariable) {
        storages_[source].last = kEnd;
      }
      VariableStorage(*update.variable);
    }
    const Uses uses = FindUses();
    for (const Graph::Update& update : graph_.updates()) {
      const int source = storage_of_.at(update.new_value);
      const int target = VariableStorage(*update.variable);
      const int producer = storages_[source].kind == Storage::Kind::kArena
                               ? uses.producer[source]
                               : -1;
      const int last_read = storages_[target].last;
      const bool free = last_read < producer ||
                        (last_read == producer && WorksInPlace(producer)) ||
                        (!uses.is_read[target] && last_read != kEnd);
      if (producer > last_fallible && !storages_[source].update_target &&
          free) {
        storages_[source].kind = Storage::Kind::kVariable;
        storages_[source].variable = nullptr;
        storages_[source].address = storages_[target].address;
        storages_[source].update_target = true;
      } else {
        storages_[source].last = kEnd;
        copied.push_back(&update);
      }
    }
    for (const Graph::Update* update : copied) {
      pending_copies_.push_back({update->variable.get(), update->new_value});
    }
  }

  // Lets an output take the memory of an input that dies at its kernel.
  void ReuseDyingInputs() {
    std::vector<std::vector<ValueId>> values(storages_.size());
    for (const auto& [value, storage] : storage_of_) {
      values[storage].push_back(value);
    }
    for (size_t step = 0; step < kernels_.size(); ++step) {
      if (!WorksInPlace(static_cast<int>(step))) continue;
      const Planned& planned = kernels_[step];
      const Graph::Node& node = graph_.nodes()[planned.node];
      std::vector<int> taken;
      for (size_t o = 0; o < node.outputs.size(); ++o) {
        const ValueId output{planned.node, static_cast<int32_t>(o)};
        const int to = storage_of_.at(output);
        if (storages_[to].kind != Storage::Kind::kArena) continue;
        for (const ValueId input : node.inputs) {
          const int from = storage_of_.at(input);
          if (storages_[from].kind != Storage::Kind::kArena || from == to ||
              storages_[from].bytes != storages_[to].bytes ||
              storages_[from].last != static_cast<int>(step) ||
              std::count(taken.begin(), taken.end(), from) > 0) {
            continue;
          }
          storages_[from].last = storages_[to].last;
          for (const ValueId value : std::exchange(values[to], {})) {
            storage_of_.at(value) = from;
            values[from].push_back(value);
          }
          storages_[to].bytes = 0;
          taken.push_back(from);
          break;
        }
      }
    }
  }

  void PlaceInArena() {
    std::vector<int> placed;
    std::vector<BufferRequest> requests;
    for (size_t s = 0; s < storages_.size(); ++s) {
      const Storage& storage = storages_[s];
      if (storage.kind != Storage::Kind::kArena || storage.bytes == 0) continue;
      placed.push_back(static_cast<int>(s));
      requests.push_back({storage.bytes, storage.first, storage.last});
    }
    const MemoryPlan memory = PlanMemory(requests);
    arena_bytes_ = memory.arena_bytes;
    arena_ = MakeAlignedBuffer(arena_bytes_);
    for (Storage& storage : storages_) {
      // What has no bytes still has an address.
      if (storage.kind == Storage::Kind::kArena) storage.address = arena_.get();
    }
    for (size_t i = 0; i < placed.size(); ++i) {
      storages_[placed[i]].address = arena_.get() + memory.offsets[i];
    }
  }

  absl::Status BindKernels() {
    for (Planned& planned : kernels_) {
      const Graph::Node& node = graph_.nodes()[planned.node];
      std::vector<const std::byte*> inputs;
      std::vector<std::byte*> outputs;
      for (const ValueId input : node.inputs) inputs.push_back(address(input));
      for (size_t o = 0; o < node.outputs.size(); ++o) {
        outputs.push_back(address({planned.node, static_cast<int32_t>(o)}));
      }
      CAIRN_RETURN_IF_ERROR(planned.kernel->Bind(
          {inputs, outputs,
           planned.scratch < 0 ? nullptr
                               : storages_[planned.scratch].address}));
      for (int stage = 0; stage < planned.kernel->stages(); ++stage) {
        steps_.push_back(
            {planned.kernel.get(), stage, planned.kernel->tasks(stage), this});
      }
    }
    for (const auto& [variable, value] : pending_copies_) {
      std::byte* const to = storages_[VariableStorage(*variable)].address;
      const size_t bytes = ByteSize(variable->spec());
      const Storage& source = storages_[storage_of_.at(value)];
      if (source.kind == Storage::Kind::kVariable) {
        staging_.push_back(MakeAlignedBuffer(bytes));
        staged_copies_.push_back(
            {staging_.back().get(), source.address, bytes});
        copies_.push_back({to, staging_.back().get(), bytes});
      } else {
        copies_.push_back({to, source.address, bytes});
      }
    }
    PlaceOutputs();
    return absl::OkStatus();
  }

  // An output that is the value of a variable is the old one: it is kept before
  // the variable changes.
  void PlaceOutputs() {
    for (const ValueId output : graph_.outputs()) {
      const Storage& storage = storages_[storage_of_.at(output)];
      const bool changes = std::any_of(
          pending_copies_.begin(), pending_copies_.end(),
          [&](const auto& copy) { return copy.first == storage.variable; });
      if (!changes) {
        outputs_.push_back(storage.address);
        continue;
      }
      staging_.push_back(MakeAlignedBuffer(storage.bytes));
      outputs_.push_back(staging_.back().get());
      staged_copies_.push_back(
          {staging_.back().get(), storage.address, storage.bytes});
    }
  }

  void RunOnTeam(Step& step) {
    const auto run = [](void* context, int task) {
      Step& step = *static_cast<Step*>(context);
      absl::Status status = step.kernel->Run(step.stage, task);
      if (!status.ok()) step.plan->KeepError(std::move(status));
    };
    team_->Run(step.tasks, run, &step);
  }

  void KeepError(absl::Status status) {
    MutexLock lock(error_mutex_);
    if (error_.ok()) error_ = std::move(status);
    failed_.store(true, std::memory_order_relaxed);
  }

  absl::Status TakeError() {
    MutexLock lock(error_mutex_);
    failed_.store(false, std::memory_order_relaxed);
    return std::exchange(error_, absl::OkStatus());
  }

  const Graph graph_;
  ThreadTeam* const team_;
  TeamChoice team_choice_;
  std::vector<Planned> kernels_;
  std::vector<Storage> storages_;
  std::map<ValueId, int> storage_of_;
  std::unordered_map<const Variable*, int> storage_of_variable_;
  std::vector<AlignedBuffer> inputs_;
  std::vector<const std::byte*> outputs_;
  std::vector<AlignedBuffer> staging_;
  AlignedBuffer arena_;
  size_t arena_bytes_ = 0;
  std::vector<std::pair<const Variable*, ValueId>> pending_copies_;
  std::vector<Step> steps_;
  std::vector<Copy> staged_copies_;
  std::vector<Copy> copies_;
  std::atomic<bool> failed_{false};
  Mutex error_mutex_;
  absl::Status error_ ABSL_GUARDED_BY(error_mutex_);
};

Plan::Plan(std::unique_ptr<State> state) : state_(std::move(state)) {}
Plan::~Plan() = default;

absl::StatusOr<std::unique_ptr<Plan>> Plan::Compile(Graph graph,
                                                    ThreadTeam* team) {
  auto state = std::make_unique<State>(std::move(graph), team);
  CAIRN_RETURN_IF_ERROR(state->Compile());
  return std::unique_ptr<Plan>(new Plan(std::move(state)));
}

absl::Span<std::byte> Plan::input(int index) {
  const ValueId value = state_->graph().inputs()[index];
  return {state_->address(value), ByteSize(input_spec(index))};
}

absl::Span<const std::byte> Plan::output(int index) const {
  return {state_->output(index), ByteSize(output_spec(index))};
}

const TensorSpec& Plan::input_spec(int index) const {
  return state_->graph().spec(state_->graph().inputs()[index]);
}

const TensorSpec& Plan::output_spec(int index) const {
  return state_->graph().spec(state_->graph().outputs()[index]);
}

absl::Status Plan::Run() { return state_->Run(); }

size_t Plan::arena_bytes() const { return state_->arena_bytes(); }

void Plan::FillArena(unsigned char byte) { state_->FillArena(byte); }

std::string Plan::Describe() const { return state_->Describe(); }

}  // namespace cairn
