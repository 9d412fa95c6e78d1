// Finding one's way in a folder with five training checkpoints of mlp512: their
// list, for which the indexes are read, and the newest good one, whose every
// byte is checked.
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "benchmarks/report_error.h"
#include "benchmarks/saving/trained_model.h"
#include "benchmarks/temporary_folder.h"
#include "core/base/status_macros.h"
#include "saving/checkpoint_directory.h"
#include "saving/save.h"

namespace cairn {
namespace {

constexpr int kCheckpoints = 5;

// Measures `look`, called with the folder.
template <typename Look>
absl::Status MeasureLooks(benchmark::State& state, const Look& look) {
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<Sequential> model,
                         MakeTrainedModel("mlp512"));
  CAIRN_ASSIGN_OR_RETURN(const Snapshot snapshot,
                         model->TakeSnapshot(AllParts()));
  CAIRN_ASSIGN_OR_RETURN(const TemporaryFolder folder,
                         TemporaryFolder::Create());
  for (int i = 1; i <= kCheckpoints; ++i) {
    CAIRN_RETURN_IF_ERROR(
        WriteSnapshot(snapshot, absl::StrCat(folder.path(), "/ckpt-", 100 * i),
                      {.durability = Durability::kNone}));
  }
  for (auto _ : state) CAIRN_RETURN_IF_ERROR(look(folder.path()));
  return absl::OkStatus();
}

void BM_ListCheckpoints(benchmark::State& state) {
  const auto list = [](const std::string& folder) -> absl::Status {
    CAIRN_ASSIGN_OR_RETURN(const auto found, ListCheckpoints(folder));
    if (found.size() == kCheckpoints) return absl::OkStatus();
    return absl::InternalError(
        absl::StrCat("found ", found.size(), " checkpoints"));
  };
  ReportError(state, MeasureLooks(state, list));
}
BENCHMARK(BM_ListCheckpoints)->UseRealTime();

void BM_LatestCheckpoint(benchmark::State& state) {
  const auto find = [](const std::string& folder) {
    return LatestCheckpoint(folder).status();
  };
  ReportError(state, MeasureLooks(state, find));
}
BENCHMARK(BM_LatestCheckpoint)->UseRealTime();

}  // namespace
}  // namespace cairn
