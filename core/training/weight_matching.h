#ifndef CAIRN_CORE_TRAINING_WEIGHT_MATCHING_H_
#define CAIRN_CORE_TRAINING_WEIGHT_MATCHING_H_

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/layer/layer.h"
#include "core/training/restore_options.h"
#include "core/training/snapshot.h"

namespace cairn {

// A snapshot's values by name.
class ValuesByName {
 public:
  // `list` must outlive this and keep its size.
  explicit ValuesByName(const std::vector<NamedTensor>& list);
  // Null if there is none.
  const NamedTensor* Find(const std::string& name) const;

 private:
  std::unordered_map<std::string, const NamedTensor*> values_;
};

// One way in which a snapshot's values could be given to weights.
struct WeightMatching {
  Match match = Match::kObjects;
  std::string file_child;  // As in RestoreReport.
  // By weight. Shapes and types are not compared.
  std::map<const Variable*, const NamedTensor*> value_of;
  // As in RestoreReport.
  std::map<std::string, std::string> renamed;
  // The values that are there to be given, in the snapshot's order.
  std::vector<const NamedTensor*> values;
};

// By edges, from the edge "model", or from the root if that is the model.
// REQUIRES: the snapshot has objects, here and in the next.
WeightMatching MatchObjects(const Layer& model, const Snapshot& snapshot);
// Likewise from each child of that which is an object, where any value is
// found.
std::vector<WeightMatching> MatchObjectsOfChildren(const Layer& model,
                                                   const Snapshot& snapshot);
// By path. A value's is its name, as `renames` changes it; see RestoreOptions.
absl::StatusOr<WeightMatching> MatchNames(
    absl::Span<const Weight> weights, const Snapshot& snapshot,
    const std::map<std::string, std::string>& renames);
// By place in both lists.
WeightMatching MatchOrder(absl::Span<const Weight> weights,
                          const Snapshot& snapshot);

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_WEIGHT_MATCHING_H_
