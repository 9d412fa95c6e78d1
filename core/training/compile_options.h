#ifndef CAIRN_CORE_TRAINING_COMPILE_OPTIONS_H_
#define CAIRN_CORE_TRAINING_COMPILE_OPTIONS_H_

#include <vector>

#include "core/base/rule.h"
#include "core/training/loss.h"
#include "core/training/metric.h"
#include "core/training/optimizer.h"

namespace cairn {

struct CompileOptions {
  Rule<Optimizer> optimizer = "rmsprop";
  Rule<Loss> loss;
  std::vector<Rule<Metric>> metrics;
  // 0: as many as the process may use cores. The results do not depend on it.
  int threads = 0;
};

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_COMPILE_OPTIONS_H_
