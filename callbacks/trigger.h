#ifndef CAIRN_CALLBACKS_TRIGGER_H_
#define CAIRN_CALLBACKS_TRIGGER_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace cairn {

// When something is done while training: at any of several moments. Epochs and
// steps count over the whole run, so a resumed run goes on with the count.
struct Trigger {
  enum class Kind {
    kEveryEpochs,
    kEverySteps,
    kEverySeconds,
    kAtSteps,
    kOnBest,
    kAtEnd,
    kOnError,
    kOnSignal,
    kOnRequest
  };
  struct Moment {
    Kind kind = Kind::kEveryEpochs;
    int64_t count = 0;             // Of kEveryEpochs and kEverySteps.
    double seconds = 0;            // Of kEverySeconds.
    std::vector<int64_t> numbers;  // Of kAtSteps and kOnSignal.
    std::string path;              // Of kOnRequest.
  };
  std::vector<Moment> any_of;

  bool Has(Kind kind) const;
  // InvalidArgument naming what cannot be meant: a count that is not positive,
  // no moment at all.
  absl::Status Check() const;
};

// At the end of every `count`-th epoch.
Trigger EveryEpochs(int64_t count);
// After every `count`-th step.
Trigger EverySteps(int64_t count);
// At the first step that ends `seconds` or more after the last save, or after
// the run began.
Trigger EverySeconds(double seconds);
// After these steps.
Trigger AtSteps(std::vector<int64_t> steps);
// At the end of an epoch whose monitored value is the best so far.
Trigger OnBest();
// At the end of training.
Trigger AtEnd();
// When an error ends the run, if the last step was finished.
Trigger OnError();
// After the step, of training or of an evaluation within it, in which the
// process gets one of these signals, or while a batch is waited for
// (Prefetch()). SIGINT and SIGTERM also end the training then; sent again they
// end the process at once. A signal that is ignored, as SIGHUP is under nohup,
// stays so.
Trigger OnSignal(std::vector<int64_t> signals);
Trigger OnSignal();  // SIGINT, SIGTERM and SIGUSR1.
// At the first step after a file of this name has appeared. The file is removed
// once the save is in place.
Trigger OnRequest(std::string path);
// At any of these. Several at once make one save.
Trigger AnyOf(std::initializer_list<Trigger> triggers);

}  // namespace cairn

#endif  // CAIRN_CALLBACKS_TRIGGER_H_
