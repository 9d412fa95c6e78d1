#ifndef CAIRN_CORE_DATA_PREFETCH_H_
#define CAIRN_CORE_DATA_PREFETCH_H_

#include <memory>

#include "core/data/batch_source.h"

namespace cairn {

// The batches of `source`, of which up to `batches` are read ahead on a thread
// of its own. Nothing else changes: the position is that of the batch last
// handed out, its state is the state of `source` there, so that prefetching may
// be added to a run or left out when it goes on, and an error comes in place of
// the batch that could not be read; asked again, the source is asked again.
//
// Memory: `batches` batches. The thread begins with the first Next(),
// StartEpoch() or RestoreState(). `source` is used by one thread at a time, but
// not by the caller's; what it reads from, such as Samples, must be
// thread-safe. A destructor, StartEpoch() and RestoreState() wait for a batch
// that is being read. REQUIRES: batches > 0.
//
// A run that waits for a batch can be stopped and saved meanwhile. A program
// whose reader may never come back then ends by std::_Exit().
std::unique_ptr<BatchSource> Prefetch(std::unique_ptr<BatchSource> source,
                                      int batches);

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_PREFETCH_H_
