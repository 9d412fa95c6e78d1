#ifndef CAIRN_CORE_TRAINING_RESTORE_OPTIONS_H_
#define CAIRN_CORE_TRAINING_RESTORE_OPTIONS_H_

#include <map>
#include <set>
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
//
// `keep` and `renames` have paths of weights, or of layers above them at any
// depth, and patterns of such: `*` stands for any text within a name, `**` for
// any text. "encoder" and "block_*" are layers with all that is in them,
// "**/bias" is every bias below a layer.
struct RestoreOptions {
  Match match = Match::kAuto;
  // In what a run that goes on may differ from the one that was saved, by name:
  // "batch_size", "samples", "seed", "optimizer.learning_rate" or, as any part
  // between dots will do, "learning_rate", or "optimizer" for all of its
  // options. What differs and is not named here is an error that names it; what
  // is named applies, and is said in a warning. The number of epochs and of
  // threads may differ anyway, as no bit depends on them. For an object of
  // FitOptions::state that only the run or only the snapshot has:
  // "user/<name>". Libraries and machine, "cairn", "onednn",
  // "onednn_instructions" and "instructions", may differ, with a warning unless
  // they are named here.
  std::set<std::string> allow_changed;
  // Of libraries and machine those in which a difference is an error.
  std::set<std::string> refuse_changed;
  bool allow_missing = false;   // The model has it, the snapshot does not.
  bool allow_extra = false;     // The snapshot has it, the model does not.
  bool allow_mismatch = false;  // Shapes or types differ; left as it was.
  bool allow_cast = false;      // Number types differ; converted.
  // What keeps what it has, whatever the snapshot says of it. InvalidArgument
  // if one stands for no weight.
  std::vector<std::string> keep;
  // From the file's paths, to the model's; what lies below goes along.
  // {"body", "pretrained/body"} renames "body/dense/kernel", not "body_2/w";
  // {"", "pretrained"} puts all below "pretrained"; {"block_*/conv", "*/c"}
  // makes "1/c/kernel" of "block_1/conv/kernel", as each wildcard of the new
  // path takes the text of the one in its place. Of several for one path, that
  // with the most characters besides wildcards counts, then the first.
  // InvalidArgument if one renames nothing, if two values get one name, or if
  // the new path has more wildcards.
  std::map<std::string, std::string> renames;
};

// What a restore did. Of the weights, those of one path are in one list, but
// for `cast`, whose paths are in `restored` too.
struct RestoreReport {
  // What differs from the saved run, "batch_size: saved 32, now 64".
  std::vector<std::string> changed;
  // Keys of extras, such as "callback/<key>", that nobody took, and those that
  // were looked for and are not there: these objects begin anew.
  std::vector<std::string> unused_states, missing_states;
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
  // Names of values of the file, and the paths that `renames` made of them.
  std::map<std::string, std::string> renamed;
};

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_RESTORE_OPTIONS_H_
