#ifndef CAIRN_SAVING_CHECKPOINT_CONTENTS_H_
#define CAIRN_SAVING_CHECKPOINT_CONTENTS_H_

#include <memory>
#include <string>

#include "core/layer/layer.h"
#include "core/model/model.h"

namespace cairn {

// An object below the root of a Checkpoint: one of the three.
struct CheckpointObject {
  std::string edge;
  std::shared_ptr<Layer> layer;
  std::shared_ptr<Variable> variable;
  Model* optimizer_of = nullptr;  // Not owned.
};

}  // namespace cairn

#endif  // CAIRN_SAVING_CHECKPOINT_CONTENTS_H_
