// Writing and reading training checkpoints: weights, Adam's slots and the
// state of the run, 4.9 MB of mlp512 and 70 MB of mlpwide. Bytes per second are
// of the tensors. What is read has just been written, so it comes from memory,
// not from the disk.
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "benchmarks/report_error.h"
#include "benchmarks/saving/trained_model.h"
#include "benchmarks/temporary_folder.h"
#include "core/base/status_macros.h"
#include "saving/save.h"

namespace cairn {
namespace {

std::string CheckpointIn(const TemporaryFolder& folder) {
  return absl::StrCat(folder.path(), "/ckpt-1");
}

absl::Status MeasureWrites(benchmark::State& state, const std::string& name,
                           const SaveOptions& options) {
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<Sequential> model,
                         MakeTrainedModel(name));
  CAIRN_ASSIGN_OR_RETURN(const Snapshot snapshot,
                         model->TakeSnapshot(AllParts()));
  CAIRN_ASSIGN_OR_RETURN(const TemporaryFolder folder,
                         TemporaryFolder::Create());
  for (auto _ : state) {
    CAIRN_RETURN_IF_ERROR(
        WriteSnapshot(snapshot, CheckpointIn(folder), options));
  }
  state.SetBytesProcessed(state.iterations() * snapshot.TensorBytes());
  return absl::OkStatus();
}

// Each checkpoint replaces the one before, and would outlive a power cut.
void BM_WriteCheckpoint(benchmark::State& state, const std::string& model) {
  ReportError(state,
              MeasureWrites(state, model, {.durability = Durability::kCommit}));
}
BENCHMARK_CAPTURE(BM_WriteCheckpoint, mlp512, "mlp512")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_WriteCheckpoint, mlpwide, "mlpwide")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// As above, but it would outlive only a crash of the program.
void BM_WriteCheckpointUnsynced(benchmark::State& state,
                                const std::string& model) {
  ReportError(state,
              MeasureWrites(state, model, {.durability = Durability::kNone}));
}
BENCHMARK_CAPTURE(BM_WriteCheckpointUnsynced, mlp512, "mlp512")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_WriteCheckpointUnsynced, mlpwide, "mlpwide")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// Measures `read`, called with the path of a checkpoint and its model.
template <typename Read>
absl::Status MeasureReads(benchmark::State& state, const std::string& name,
                          const Read& read) {
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<Sequential> model,
                         MakeTrainedModel(name));
  CAIRN_ASSIGN_OR_RETURN(const Snapshot snapshot,
                         model->TakeSnapshot(AllParts()));
  CAIRN_ASSIGN_OR_RETURN(const TemporaryFolder folder,
                         TemporaryFolder::Create());
  const std::string path = CheckpointIn(folder);
  CAIRN_RETURN_IF_ERROR(
      WriteSnapshot(snapshot, path, {.durability = Durability::kNone}));
  for (auto _ : state) CAIRN_RETURN_IF_ERROR(read(path, *model));
  state.SetBytesProcessed(state.iterations() * snapshot.TensorBytes());
  return absl::OkStatus();
}

// Into new tensors, every checksum checked.
void BM_ReadCheckpoint(benchmark::State& state, const std::string& model) {
  const auto read = [](const std::string& path, Model&) {
    return ReadSnapshot(path, AllParts()).status();
  };
  ReportError(state, MeasureReads(state, model, read));
}
BENCHMARK_CAPTURE(BM_ReadCheckpoint, mlp512, "mlp512")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_ReadCheckpoint, mlpwide, "mlpwide")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// Into a compiled model, so that its optimizer's state is read too.
void BM_LoadWeights(benchmark::State& state, const std::string& name) {
  const auto read = [](const std::string& path, Model& model) {
    return LoadWeights(model, path).status();
  };
  ReportError(state, MeasureReads(state, name, read));
}
BENCHMARK_CAPTURE(BM_LoadWeights, mlp512, "mlp512")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_LoadWeights, mlpwide, "mlpwide")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cairn
