#ifndef CAIRN_SAVING_TRACKABLE_DRAFTS_H_
#define CAIRN_SAVING_TRACKABLE_DRAFTS_H_

#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/base/text_pool.h"
#include "core/tensor/tensor.h"
#include "core/training/snapshot.h"

namespace cairn {

// A node of a checkpoint before it has its number. There may be thousands, so
// it refers to the snapshot it is made of, and keys and full names are made
// only when it is written.
struct TrackableDraft {
  enum class Kind { kObject, kVariable, kSaveCounter };
  // Edges by name, to places in the list of drafts.
  using Children = std::vector<std::pair<absl::string_view, int>>;
  // The owner of what is no optimizer's.
  static constexpr int kModel = -1;

  Children children;
  Kind kind = Kind::kObject;
  // Of a variable: its node in the snapshot, that of the optimizer whose it is
  // or kModel, and its value, which of a root alone may be null.
  int node = -1;
  int owner = kModel;
  const Tensor* value = nullptr;
};

// The drafts of a snapshot's objects and of those that TensorFlow and Keras
// have beside them: see trackable_objects.h. The root comes first, the others
// in any order. Edges have names of the snapshot, or some in `names`.
// REQUIRES: snapshot.objects has a root.
std::vector<TrackableDraft> DraftTrackables(const Snapshot& snapshot,
                                            TextPool& names);

}  // namespace cairn

#endif  // CAIRN_SAVING_TRACKABLE_DRAFTS_H_
