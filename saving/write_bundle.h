#ifndef CAIRN_SAVING_WRITE_BUNDLE_H_
#define CAIRN_SAVING_WRITE_BUNDLE_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "saving/codec/tensor_bundle.h"
#include "saving/format.h"

namespace cairn {

// Writes a TensorFlow bundle at `prefix`, of what `add_entries` adds, by the
// commit protocol of StagedWrite; folders are made. A bundle that is there
// stays whole, and may be read meanwhile, until the new one counts. After an
// error nothing has changed, but for one that says so. `bytes` is about how
// much data there will be, for which room is set aside and data files are made.
// `add_entries` is called again if all has to be written anew. AlreadyExists if
// asked not to replace; FailedPrecondition if another thread or program is
// writing it, which a hidden file beside it shows: ".<name>.saving".
absl::Status WriteBundle(
    const std::string& prefix, const SaveOptions& options, int64_t bytes,
    absl::FunctionRef<absl::Status(BundleWriter&)> add_entries);

// The file of that lock, which whoever changes a bundle's files holds.
std::string BundleLockPath(const std::string& prefix);

}  // namespace cairn

#endif  // CAIRN_SAVING_WRITE_BUNDLE_H_
