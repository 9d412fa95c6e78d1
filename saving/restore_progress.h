#ifndef CAIRN_SAVING_RESTORE_PROGRESS_H_
#define CAIRN_SAVING_RESTORE_PROGRESS_H_

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
// layers and optimizers share. Used by one thread at a time.
class RestoreProgress : public std::enable_shared_from_this<RestoreProgress> {
 public:
  RestoreProgress(std::vector<CheckpointObject> objects, StoredObjects stored)
      : objects_(std::move(objects)), stored_(std::move(stored)) {}
  // Warns of values that are left, unless Expect() was called.
  ~RestoreProgress();
  RestoreProgress(const RestoreProgress&) = delete;
  RestoreProgress& operator=(const RestoreProgress&) = delete;

  // As LazyRestore::Start(). Called once.
  absl::Status Start();

  const std::string& prefix() const { return stored_.prefix(); }
  RestoreReport Report() const;
  // Paths of variables that exist and got no value.
  std::vector<std::string> Missing() const;
  // Keys of values that nobody takes or waits for, and of those that wait.
  std::vector<std::string> Extra() const { return Left(/*waiting=*/false); }
  std::vector<std::string> Waiting() const { return Left(/*waiting=*/true); }
  void Expect() { is_expected_ = true; }

 private:
  class WaitingLayer;
  class WaitingSlots;

  absl::Status Apply(const ObjectWalk& walk);
  absl::Status WaitWithOptimizer(const CheckpointObject& object);
  // Gives a layer the values that lie below a node.
  absl::Status Attach(Layer& layer, const std::string& path, int node);
  // Reads the value of a node into a variable.
  absl::Status Fill(const std::string& path, int node, Variable& variable);
  void Take(const FoundVariable& found);
  std::vector<std::string> Left(bool waiting) const;

  const std::vector<CheckpointObject> objects_;
  const StoredObjects stored_;
  RestoreRoots roots_;
  std::vector<std::string> restored_;  // Paths, in order.
  std::map<const Variable*, int> node_of_;
  std::set<std::string> used_keys_;
  // Optimizers some of whose slots are still to be made, by node.
  std::set<int> waiting_optimizers_;
  bool is_expected_ = false;
};

}  // namespace cairn

#endif  // CAIRN_SAVING_RESTORE_PROGRESS_H_
