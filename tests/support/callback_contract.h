#ifndef CAIRN_TESTS_SUPPORT_CALLBACK_CONTRACT_H_
#define CAIRN_TESTS_SUPPORT_CALLBACK_CONTRACT_H_

#include <functional>
#include <memory>

#include "core/training/callback.h"

namespace cairn {

// Checks what every callback promises; `make` gives equal new ones:
//  - it has a class name, and follows a run of two epochs without an error;
//  - after that run a new one takes its state and then gives the same state;
//  - a state of another kind is taken whole or refused and changes nothing;
//  - an error of the callback before it or after it ends the run with that
//    error, and a new run works.
void CheckCallback(const std::function<std::unique_ptr<Callback>()>& make);

}  // namespace cairn

#endif  // CAIRN_TESTS_SUPPORT_CALLBACK_CONTRACT_H_
