#ifndef CAIRN_TESTS_INTEGRATION_DISK_RUN_H_
#define CAIRN_TESTS_INTEGRATION_DISK_RUN_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "cairn.h"

namespace cairn {

// The model of that run, not built.
std::shared_ptr<Sequential> MakeDiskModel();

// A run of three steps an epoch, with a state of about 1.2 MB. `others` are
// called after the checkpoint; with `resume_from` it goes on from there.
absl::Status TrainOnDisk(const ModelCheckpointOptions& options,
                         ModelCheckpoint::SaveTotals* totals = nullptr,
                         const std::vector<Callback*>& others = {},
                         const Snapshot* resume_from = nullptr,
                         int64_t epochs = 2);

// Whether all that lies in a folder is good and `newest` the newest.
void ExpectGood(const std::string& folder, const std::string& newest);
// The same, and that nothing was left over.
void ExpectClean(const std::string& folder, const std::string& newest);

// Below the test's temporary folder.
std::string EmptyFolder(const std::string& name);

// Runs `body` in a process of its own, whose limits and mounts end with it.
// Returns the exit code: 1 if an expectation failed. All training happens in
// such processes: one that has started threads may not be forked, as a lock
// that another thread holds then (the allocator's, say) is never let go in the
// child.
int InChild(const std::function<void()>& body);

// What is done once the run has said something on standard error, which comes
// here as long as this lives. For processes of InChild().
class OnceErrorsSay {
 public:
  // Calls `action` in a thread, once.
  OnceErrorsSay(const std::string& text, std::function<void()> action);
  // REQUIRES: it was said.
  ~OnceErrorsSay();
  OnceErrorsSay(const OnceErrorsSay&) = delete;
  OnceErrorsSay& operator=(const OnceErrorsSay&) = delete;

 private:
  int errors_ = -1;  // Standard error as it was.
  bool was_said_ = false;
  std::thread thread_;
};

// Gives the process mounts of its own. False if it may not have them.
bool MayMount();
// Mounts an empty file system of so many megabytes. REQUIRES: MayMount().
void MountSmall(const std::string& folder, int megabytes);
// Makes it one in which nothing can be written, or lets it be written again.
void MakeReadOnly(const std::string& folder, bool read_only);

}  // namespace cairn

#endif  // CAIRN_TESTS_INTEGRATION_DISK_RUN_H_
