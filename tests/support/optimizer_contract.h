#ifndef CAIRN_TESTS_SUPPORT_OPTIMIZER_CONTRACT_H_
#define CAIRN_TESTS_SUPPORT_OPTIMIZER_CONTRACT_H_

#include <memory>
#include <utility>

#include "core/training/optimizer.h"
#include "tests/testdata/keras_optimizers.h"

namespace cairn {

// Checks what every optimizer promises:
//  - it is rebuilt from its config under the name of its class;
//  - five steps on a Dense layer give Keras's weights and slots, to 2e-6;
//  - its slots are found under the edges that Keras's objects have, and Keras
//    has no others;
//  - five steps, a snapshot, a fresh model that takes it and five more steps
//    give the bits of ten steps.
void CheckOptimizer(std::shared_ptr<const Optimizer> optimizer,
                    const KerasSteps& expected);

template <typename C>
void CheckOptimizer(typename C::Options options, const KerasSteps& expected) {
  CheckOptimizer(std::make_shared<const C>(std::move(options)), expected);
}

}  // namespace cairn

#endif  // CAIRN_TESTS_SUPPORT_OPTIMIZER_CONTRACT_H_
