#ifndef CAIRN_BENCHMARKS_CORE_OPS_RUN_OPS_H_
#define CAIRN_BENCHMARKS_CORE_OPS_RUN_OPS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "benchmark/benchmark.h"
#include "core/graph/variable.h"
#include "core/tensor/tensor.h"
#include "tests/support/run_trace.h"

// All benchmarks of ops run them as a training step does, from a plan, fused
// where a step's are; on one thread.

namespace cairn {

// Traces `function` for `inputs` and measures runs of its plan.
void RunOps(benchmark::State& state, const std::vector<Tensor>& inputs,
            const TraceFunction& function);

// A weight with random values.
std::shared_ptr<Variable> MakeWeight(const Shape& shape);

// For the report, of one run: the images that pass through, the bytes that have
// to be read and written, the multiplications and additions.
void ReportImages(benchmark::State& state, int64_t images);
void ReportBytes(benchmark::State& state, int64_t bytes);
void ReportArithmetic(benchmark::State& state, int64_t operations);

}  // namespace cairn

#endif  // CAIRN_BENCHMARKS_CORE_OPS_RUN_OPS_H_
