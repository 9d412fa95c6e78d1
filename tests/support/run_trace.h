#ifndef CAIRN_TESTS_SUPPORT_RUN_TRACE_H_
#define CAIRN_TESTS_SUPPORT_RUN_TRACE_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/graph/builder.h"
#include "core/graph/value.h"
#include "core/runtime/plan.h"
#include "core/tensor/tensor.h"

namespace cairn {

// Forward code under test: from inputs, of which the first dimension is not
// known, to outputs.
using TraceFunction = std::function<std::vector<Value>(
    GraphBuilder& builder, absl::Span<const Value> inputs)>;

// Traces the code, prepares the graph as a step's is, and makes its plan for
// such inputs.
absl::StatusOr<std::unique_ptr<Plan>> PlanTrace(
    const std::vector<Tensor>& inputs, const TraceFunction& function);

// Runs a plan on inputs and copies its outputs.
absl::StatusOr<std::vector<Tensor>> RunPlan(Plan& plan,
                                            const std::vector<Tensor>& inputs,
                                            int outputs);

// Both. The outputs are as many as the code returns.
absl::StatusOr<std::vector<Tensor>> RunTrace(const std::vector<Tensor>& inputs,
                                             const TraceFunction& function);

// A scalar whose gradient differs from element to element: the sum of y +
// y^2/4.
Value WeightedSum(Value y);

}  // namespace cairn

#endif  // CAIRN_TESTS_SUPPORT_RUN_TRACE_H_
