#ifndef CAIRN_CORE_RUNTIME_PLAN_H_
#define CAIRN_CORE_RUNTIME_PLAN_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/graph/graph.h"
#include "core/runtime/thread_team.h"

namespace cairn {

// A graph compiled for fixed shapes: kernels in order, every buffer placed.
// One thread at a time.
class Plan {
 public:
  // `team` runs the tasks; not owned, must outlive the plan, may be null: all
  // is then done on the calling thread.
  // REQUIRES: every shape in `graph` is static.
  static absl::StatusOr<std::unique_ptr<Plan>> Compile(Graph graph,
                                                       ThreadTeam* team);
  ~Plan();
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  // The plan's own input memory: write the next batch here, then Run().
  absl::Span<std::byte> input(int index);
  // Valid after Run(), until the next one.
  absl::Span<const std::byte> output(int index) const;
  const TensorSpec& input_spec(int index) const;
  const TensorSpec& output_spec(int index) const;

  // Runs every kernel, then applies the updates. Allocates nothing. If a kernel
  // fails, no variable has changed.
  absl::Status Run();

  size_t arena_bytes() const;
  // Overwrites what is between runs: a test sees whether a kernel reads what it
  // should have written.
  void FillArena(unsigned char byte);
  // One line per kernel: op, implementation, buffers. For tests and people.
  std::string Describe() const;

 private:
  class State;
  explicit Plan(std::unique_ptr<State> state);
  const std::unique_ptr<State> state_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_RUNTIME_PLAN_H_
