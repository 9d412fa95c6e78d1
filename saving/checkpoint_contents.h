#ifndef CAIRN_SAVING_CHECKPOINT_CONTENTS_H_
#define CAIRN_SAVING_CHECKPOINT_CONTENTS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/layer/layer.h"
#include "core/model/model.h"
#include "core/tensor/state.h"

namespace cairn {

struct CheckpointContents;

// An object of a Checkpoint: one of the five.
struct CheckpointObject {
  std::string edge;
  std::shared_ptr<Layer> layer;
  std::shared_ptr<Variable> variable;
  std::shared_ptr<CheckpointContents> checkpoint;  // Leads back to nobody.
  Model* optimizer_of = nullptr;                   // Not owned.
  Stateful* stateful = nullptr;                    // Not owned.
};

// What a Checkpoint holds. One that is added to others is shared with them.
struct CheckpointContents {
  std::vector<CheckpointObject> objects;
  std::optional<int64_t> save_counter;  // None before a save or restore.
};

inline constexpr absl::string_view kSaveCounterEdge = "save_counter";

// The key among a snapshot's extras for the state of the object that these
// edges lead to. Of one edge it is as for an object of FitOptions::state.
std::string UserStateKey(absl::Span<const std::string> edges);
// Whether a key of extras is one of an object of the user's.
bool IsUserStateKey(absl::string_view key);

// An object that a walk from a Checkpoint leads to.
struct PlacedObject {
  std::vector<std::string> edges;
  CheckpointObject object;

  std::string path() const;  // "inner/model"
};

// All objects that `contents` leads to, by each way that leads there: first its
// own, in their order, and behind a Checkpoint what is in that.
std::vector<PlacedObject> PlaceObjects(const CheckpointContents& contents);

}  // namespace cairn

#endif  // CAIRN_SAVING_CHECKPOINT_CONTENTS_H_
