#ifndef CAIRN_CALLBACKS_TRIGGER_H_
#define CAIRN_CALLBACKS_TRIGGER_H_

#include <cstdint>

namespace cairn {

// When something is done while training.
struct Trigger {
  enum class Unit { kEpochs, kSteps };
  Unit unit = Unit::kEpochs;
  int64_t interval = 1;
};

// At the end of every `count`-th epoch, counted over the whole run.
inline Trigger EveryEpochs(int64_t count) {
  return {Trigger::Unit::kEpochs, count};
}

// After every `count`-th step, counted over the whole run.
inline Trigger EverySteps(int64_t count) {
  return {Trigger::Unit::kSteps, count};
}

}  // namespace cairn

#endif  // CAIRN_CALLBACKS_TRIGGER_H_
