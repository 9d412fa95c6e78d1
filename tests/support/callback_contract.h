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

// Checks what a callback with a state promises over several runs; each that
// `make` gives must take several, whatever earlier ones have left:
//  - a new run begins without what an earlier one of the same object has left;
//  - a run that is stopped after any step and gone on with, by a new object or
//    by one that has followed another run, ends with the state of an unbroken
//    one.
void CheckCallbackOverRuns(
    const std::function<std::unique_ptr<Callback>()>& make);

}  // namespace cairn

#endif  // CAIRN_TESTS_SUPPORT_CALLBACK_CONTRACT_H_
