#ifndef CAIRN_CORE_TENSOR_STATE_H_
#define CAIRN_CORE_TENSOR_STATE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/base/config.h"
#include "core/tensor/tensor.h"

namespace cairn {

// What an object must know to go on as if it had not stopped.
struct State {
  Config values;
  std::vector<NamedTensor> tensors;
};

// The same in memory of its own: what SaveState() gives may be live.
State CloneState(const State& state);

// An object that changes while training runs, and so belongs in a checkpoint:
// a callback, a source of batches, an object of the user's own.
class Stateful {
 public:
  virtual ~Stateful() = default;
  virtual State SaveState() const = 0;
  // Takes over `state`, or returns an error and stays as it was.
  virtual absl::Status RestoreState(const State& state) = 0;
};

struct StateToRestore {
  std::string name;  // In errors.
  Stateful* object = nullptr;
  State state;
};

// Gives all objects their states. If one refuses, those before it get back what
// they had.
absl::Status RestoreTogether(absl::Span<const StateToRestore> states);

}  // namespace cairn

#endif  // CAIRN_CORE_TENSOR_STATE_H_
