#ifndef CAIRN_CORE_TRAINING_RESTORE_OPTIONS_H_
#define CAIRN_CORE_TRAINING_RESTORE_OPTIONS_H_

#include <map>
#include <string>
#include <vector>

namespace cairn {

// How a snapshot's values find their variables.
enum class Match {
  // The first of these by which all fit. If there is none, the first of
  // kObjects and kNames whose differences the options allow and by which
  // something fits. With renames, kNames alone.
  kAuto,
  // By edges from the root, or from the one child of the root that fits.
  kObjects,
  kNames,  // By path.
  kOrder,  // By place among the weights.
};

// Which differences between a snapshot and a model are no errors. Without any,
// each weight has a value and each value a weight, of equal shapes and types.
// Whatever is allowed: if nothing fits at all, it is an error.
struct RestoreOptions {
  Match match = Match::kAuto;
  bool allow_missing = false;   // The model has it, the snapshot does not.
  bool allow_extra = false;     // The snapshot has it, the model does not.
  bool allow_mismatch = false;  // Shapes or types differ; left as it was.
  bool allow_cast = false;      // Number types differ; converted.
  // Paths of weights, or of layers above them, that keep what they have,
  // whatever the snapshot says of them. InvalidArgument if one names none.
  std::vector<std::string> keep;
  // Prefixes of paths: from the file's, to the model's. The longest counts:
  // {"body", "pretrained/body"} renames "body/dense/kernel", not "body_2/w";
  // {"", "pretrained"} puts all below "pretrained". InvalidArgument if one
  // renames nothing or two values get one name.
  std::map<std::string, std::string> renames;
};

// What a restore did. Of the weights, those of one path are in one list, but
// for `cast`, whose paths are in `restored` too.
struct RestoreReport {
  Match match = Match::kAuto;  // The way that was taken.
  // The edge of the file's root from which edges were followed: "model" in a
  // training checkpoint. Empty: from the root itself, or not by edges.
  std::string file_child;
  // What the file's root was taken for, where it is none of the objects added
  // to a Checkpoint but fits one of them. Empty: for the whole.
  std::string object_child;
  std::vector<std::string> restored;    // Paths of variables.
  std::vector<std::string> missing;     // Of variables that have no value.
  std::vector<std::string> extra;       // Names of values without a variable.
  std::vector<std::string> mismatched;  // Of variables of another shape.
  std::vector<std::string> cast;        // Of variables of another type.
  std::vector<std::string> kept;        // Of variables that were to be kept.
};

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_RESTORE_OPTIONS_H_
