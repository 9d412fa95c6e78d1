#ifndef CAIRN_BENCHMARKS_REPORT_ERROR_H_
#define CAIRN_BENCHMARKS_REPORT_ERROR_H_

#include "absl/status/status.h"
#include "benchmark/benchmark.h"

namespace cairn {

// A benchmark that could not do its work is shown with the reason, not with a
// time.
inline void ReportError(benchmark::State& state, const absl::Status& status) {
  if (!status.ok()) state.SkipWithError(status.ToString().c_str());
}

}  // namespace cairn

#endif  // CAIRN_BENCHMARKS_REPORT_ERROR_H_
