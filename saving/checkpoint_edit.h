#ifndef CAIRN_SAVING_CHECKPOINT_EDIT_H_
#define CAIRN_SAVING_CHECKPOINT_EDIT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/base/config.h"
#include "core/tensor/tensor.h"
#include "saving/format.h"

namespace cairn {

// One change of a checkpoint. What it changes is named by a tensor's key, or by
// its readable name, "dense/kernel", if only one tensor has it.
struct CheckpointChange {
  enum class Kind {
    kRename,
    kDelete,
    kSet,  // Another value for a tensor.
    // A new tensor. For the path of an object's member, "model/layer-0/scale",
    // with or without its ending, or a readable name beside others,
    // "dense/scale", the object gets it as a variable; it must be there. Of a
    // state of Cairn's it has the key "_CAIRN/state/<state>/<name>".
    kAdd,
    // Another value in a config of Cairn's. `target` is what comes behind
    // "_CAIRN/" in its key, a dot and a path as ReplaceAt() takes it:
    // "compile.optimizer.config.learning_rate".
    kConfig
  };
  Kind kind = Kind::kSet;
  std::string target;
  // Of kRename. For a readable name, another one: "decoder/kernel". It is what
  // Cairn matches by; the objects stay where they are.
  //
  // For a key, with or without its ending "/.ATTRIBUTES/VARIABLE_VALUE", or the
  // path of an object that has values below it, "model/layer-0": another path.
  // The object's edge is moved there, and the keys below it follow; its new
  // parent must be there, and other edges that lead to the object stay. This is
  // what TensorFlow matches by. A checkpoint without an object graph, and
  // Cairn's extras, have names alone, which then change.
  std::string new_name;
  Tensor value;   // Of kSet and kAdd.
  Config config;  // Of kConfig.
};

struct EditOptions {
  // Whether kSet may convert values to the type that is there, as CastTensor().
  bool cast = false;
  // Whether kSet may give as many values in another shape; the shape that is
  // there stays.
  bool reshape = false;
  SaveOptions save;
};

// Makes the changes in order and writes the result at `out`, which may be the
// checkpoint itself and is then replaced in one step. All else stays as it is.
// A deleted tensor is taken from the object graph too; restoring then finds it
// missing. Everything is checked before anything is written: NotFound for a
// name that is not there, AlreadyExists for one that is, InvalidArgument for a
// value that does not fit and for a config that has no such path, DataLoss if
// the checkpoint is damaged.
absl::Status EditCheckpoint(const std::string& path, const std::string& out,
                            const std::vector<CheckpointChange>& changes,
                            const EditOptions& options = {});

}  // namespace cairn

#endif  // CAIRN_SAVING_CHECKPOINT_EDIT_H_
