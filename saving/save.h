#ifndef CAIRN_SAVING_SAVE_H_
#define CAIRN_SAVING_SAVE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/model/model.h"
#include "core/training/restore_options.h"
#include "core/training/snapshot.h"
#include "saving/format.h"

namespace cairn {

// A TensorFlow checkpoint is named by its prefix, "run/ckpt-5": the files are
// "run/ckpt-5.index" and "run/ckpt-5.data-00000-of-00001". Reading also takes
// the index's path, or a folder whose newest good checkpoint is then read.
// Where a checkpoint and a folder have one name, it is the checkpoint's.

// Writes the model's weights, and with SaveOptions::include_optimizer the state
// of its optimizer, as Keras's model.save_weights(path) does: `path` is the
// prefix of a checkpoint, beside which the file "checkpoint" names it. `path`
// is the old file or the new one and never a part of either. Folders are made.
// FailedPrecondition if the model is not built, or if another thread or program
// is writing `path`; AlreadyExists if asked not to replace; InvalidArgument for
// a format that does not exist.
absl::Status SaveWeights(Model& model, const std::string& path,
                         const SaveOptions& options = {});

// Reads weights and, where the file has it and the model is compiled, the state
// of the optimizer; to take the weights alone, load them before Compile().
// Strict: everything is checked, then everything is copied; on error nothing
// is, but that a disk which fails while a file of more than 1 MB is read for
// the second time may leave some weights new. InvalidArgument lists the paths
// that do not fit, DataLoss names what is damaged, NotFound the files looked
// for. FailedPrecondition if the model is not built.
absl::StatusOr<RestoreReport> LoadWeights(Model& model, const std::string& path,
                                          const RestoreOptions& restore = {},
                                          const LoadOptions& options = {});

// Writes a snapshot to `path` as SaveWeights() does, but for the file
// "checkpoint".
absl::Status WriteSnapshot(const Snapshot& snapshot, const std::string& path,
                           const SaveOptions& options = {});
// The same for one snapshot after another. `writer` is null before the first,
// and is to be kept for the next, with the same SaveOptions::format. It holds
// on to the memory that the last snapshot shares.
absl::Status WriteSnapshot(const Snapshot& snapshot, const std::string& path,
                           const SaveOptions& options,
                           std::unique_ptr<SnapshotWriter>& writer);
// What WriteSnapshot() says of `path` and the format before it writes.
absl::Status CheckSavePath(const std::string& path, const SaveOptions& options);
// Reads the parts asked for that the file has.
absl::StatusOr<Snapshot> ReadSnapshot(const std::string& path,
                                      const Parts& parts,
                                      const LoadOptions& options = {});
// Finds the format of `path`; nothing is read but what it takes to list it.
absl::StatusOr<std::unique_ptr<SnapshotReader>> OpenSnapshot(
    const std::string& path, const LoadOptions& options = {});
// Reads everything, and with it every checksum; returns the first fault.
absl::Status VerifySnapshot(const std::string& path,
                            const LoadOptions& options = {});

}  // namespace cairn

#endif  // CAIRN_SAVING_SAVE_H_
