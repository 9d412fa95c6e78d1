#include "benchmarks/saved_state.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "benchmarks/inputs.h"
#include "benchmarks/models.h"
#include "core/base/status_macros.h"
#include "core/data/take.h"
#include "core/data/tensor_samples.h"
#include "layers/dense.h"

namespace cairn {
namespace {

constexpr int64_t kBatches = 32;

absl::StatusOr<std::unique_ptr<Sequential>> MakeModel(const std::string& name) {
  if (name == "mlp512" || name == "mlpwide") return MakeBenchmarkModel(name);
  auto model = std::make_unique<Sequential>(name);
  if (name == "big") {
    for (int i = 0; i < 3; ++i) {
      model->Add<Dense>({.units = 4096, .activation = "relu"});
    }
    model->Add<Dense>({.units = 10, .activation = "softmax"});
  } else if (name == "many") {
    for (int i = 0; i < 999; ++i) {
      model->Add<Dense>({.units = 16, .activation = "relu"});
    }
    model->Add<Dense>({.units = 16, .activation = "softmax"});
  } else {
    return absl::InvalidArgumentError(absl::StrCat(
        "no state \"", name, "\"; there are mlp512, mlpwide, big and many"));
  }
  return model;
}

}  // namespace

absl::StatusOr<SavedState> MakeSavedState(const std::string& name,
                                          int threads) {
  SavedState state;
  CAIRN_ASSIGN_OR_RETURN(state.model, MakeModel(name));
  CAIRN_RETURN_IF_ERROR(CompileBenchmarkModel(*state.model, threads));
  state.batch_size = name == "mlpwide" ? 256 : 128;
  const int64_t count = kBatches * state.batch_size;
  const int64_t columns = name == "many" ? 16 : 784;
  CAIRN_ASSIGN_OR_RETURN(
      state.samples, FromTensors({{"", RandomFloats({count, columns}, 0, 1)}},
                                 {{"", RandomLabels(count)}}));
  CAIRN_RETURN_IF_ERROR(
      state.model
          ->Fit(Take(state.samples, state.batch_size),
                {.batch_size = state.batch_size, .verbose = 0})
          .status());
  for (const Weight& weight : state.model->weights()) {
    state.state_bytes +=
        3 * static_cast<int64_t>(weight.variable->value().bytes().size());
  }
  return state;
}

}  // namespace cairn
