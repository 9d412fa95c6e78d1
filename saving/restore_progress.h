#ifndef CAIRN_SAVING_RESTORE_PROGRESS_H_
#define CAIRN_SAVING_RESTORE_PROGRESS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/layer/layer.h"
#include "core/training/optimizer.h"
#include "core/training/restore_options.h"
#include "saving/checkpoint_contents.h"
#include "saving/object_walk.h"
#include "saving/stored_objects.h"

namespace cairn {

// The restore of a Checkpoint: what LazyRestore speaks of, and what waits with
// layers and optimizers share. It has none of the objects, which would keep
// each other alive with it, and may go with the last of them: `objects`, here
// those it was started with, are the caller's. Used by one thread at a time.
class RestoreProgress : public std::enable_shared_from_this<RestoreProgress> {
 public:
  explicit RestoreProgress(StoredObjects stored) : stored_(std::move(stored)) {}
  // Warns of values that nobody took, unless Expect() was called.
  ~RestoreProgress();
  RestoreProgress(const RestoreProgress&) = delete;
  RestoreProgress& operator=(const RestoreProgress&) = delete;

  // As LazyRestore::Start(). Called once.
  absl::Status Start(const std::vector<PlacedObject>& objects);

  const std::string& prefix() const { return stored_.prefix(); }
  RestoreReport Report(const std::vector<PlacedObject>& objects) const;
  // Paths of variables that exist and got no value.
  std::vector<std::string> Missing(
      const std::vector<PlacedObject>& objects) const;
  // Keys, among extras, of states that objects here lack, and of those that
  // the file has and no object here takes.
  std::vector<std::string> MissingStates(
      const std::vector<PlacedObject>& objects) const;
  std::vector<std::string> UnusedStates() const;
  // Keys of values that nobody takes or waits for, and of those that wait.
  std::vector<std::string> Extra(
      const std::vector<PlacedObject>& objects) const;
  std::vector<std::string> Waiting(
      const std::vector<PlacedObject>& objects) const;
  void Expect() { is_expected_ = true; }

 private:
  class WaitingLayer;
  class WaitingSlots;

  // Changes nothing before all is read and tested.
  absl::Status Apply(const ObjectWalk& walk);
  absl::Status RestoreStates(const ObjectWalk& walk);
  absl::StatusOr<std::vector<int64_t>> ReadCounters(
      const ObjectWalk& walk) const;
  absl::Status WaitWithOptimizer(const PlacedObject& placed,
                                 const std::vector<PlacedObject>& objects);
  // Gives a layer the values that lie below a node.
  absl::Status Attach(Layer& layer, const std::string& path, int node);
  // Reads the value of a node into a variable.
  absl::Status Fill(const std::string& path, int node, Variable& variable);
  void Take(const FoundVariable& found);
  // Keys of values that nobody took, whether or not they wait.
  std::set<std::string> Left() const;
  // Keys of values below what is not built.
  std::set<std::string> Awaited(const std::vector<PlacedObject>& objects) const;

  const StoredObjects stored_;
  RestoreRoots roots_;
  std::vector<std::string> restored_;  // Paths, in order.
  std::map<const Variable*, int> node_of_;
  std::set<std::string> used_keys_;
  std::set<const CheckpointContents*> restored_counters_;
  std::map<const Stateful*, std::string> restored_states_;  // Their keys.
  // Optimizers some of whose slots are still to be made, by node.
  std::set<int> waiting_optimizers_;
  bool is_expected_ = false;
};

}  // namespace cairn

#endif  // CAIRN_SAVING_RESTORE_PROGRESS_H_
