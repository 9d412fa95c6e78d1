#ifndef CAIRN_SAVING_STORED_OBJECTS_H_
#define CAIRN_SAVING_STORED_OBJECTS_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/graph/variable.h"
#include "core/tensor/tensor.h"
#include "core/training/snapshot.h"
#include "saving/checkpoint_reader.h"

namespace cairn {

// The objects of a checkpoint that is open, with Cairn's names for edges, and
// their values. Nodes are numbers of its graph; -1 is none.
class StoredObjects {
 public:
  // InvalidArgument if the file was written by names alone, DataLoss if it is
  // damaged.
  static absl::StatusOr<StoredObjects> Read(
      std::unique_ptr<CheckpointReader> reader);

  const std::string& prefix() const { return reader_->prefix(); }
  const CheckpointReader& reader() const { return *reader_; }
  const ObjectGraph& graph() const { return graph_; }
  const std::string& KeyOf(int node) const { return graph_.nodes[node].tensor; }

  bool IsVariable(int node) const {
    return node >= 0 && graph_.nodes[node].kind == ObjectGraph::Kind::kVariable;
  }
  // A variable that was never given a value has no entry.
  bool HasValue(int node) const {
    return IsVariable(node) && reader_->Contains(KeyOf(node));
  }
  // The node that edges lead to from `node`.
  int Follow(int node, absl::Span<const std::string> edges) const;
  // InvalidArgument, with `path` for the variable's name, if the value is not
  // one for it; DataLoss if it is damaged. REQUIRES: HasValue(node).
  absl::StatusOr<Tensor> ReadFor(const Variable& variable,
                                 const std::string& path, int node) const;
  // Of all values that edges and slots lead to from `node`.
  std::set<std::string> KeysBelow(int node) const;
  // Whether there is any.
  bool LeadsToValue(int node) const { return leads_to_value_[node]; }

  // The states of objects of the user's, by their keys among extras.
  const std::set<std::string>& states() const { return states_; }

 private:
  StoredObjects(std::unique_ptr<CheckpointReader> reader, ObjectGraph graph,
                std::set<std::string> states);
  void FindThoseThatLeadToValues();

  std::unique_ptr<CheckpointReader> reader_;
  ObjectGraph graph_;
  std::set<std::string> states_;
  std::vector<bool> leads_to_value_;  // By node.
};

// The value of a save counter. DataLoss if it cannot be one.
absl::StatusOr<int64_t> ReadSaveCounter(const CheckpointReader& reader,
                                        absl::string_view key);

}  // namespace cairn

#endif  // CAIRN_SAVING_STORED_OBJECTS_H_
