#ifndef CAIRN_SAVING_EDITED_OBJECTS_H_
#define CAIRN_SAVING_EDITED_OBJECTS_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "saving/codec/trackable_object_graph.h"

namespace cairn {

// The edges of an object's path, "model/layer-0", and the last one apart, as
// keys spell them.
struct ObjectPath {
  std::vector<std::string> parents;
  std::string last;
};
ObjectPath SplitObjectPath(absl::string_view path);

// A checkpoint's objects while it is edited. May be empty. Says nothing of the
// values.
class EditedObjects {
 public:
  EditedObjects() = default;
  explicit EditedObjects(std::vector<TrackableNode> nodes)
      : nodes_(std::move(nodes)) {}

  const std::vector<TrackableNode>& nodes() const { return nodes_; }
  // Whether anything is not as it was given.
  bool changed() const { return changed_; }

  // The object at the end of a path of edges from the root, or -1.
  int Follow(const std::vector<std::string>& edges) const;
  int Find(absl::string_view path) const;

  // Moves an object's edge. What the keys below it are is left to RenameKeys().
  // NotFound if the new parent is not there, AlreadyExists if the new path is,
  // InvalidArgument if it is below the object. REQUIRES: `from` is there.
  absl::Status Move(const std::string& from, const std::string& to);
  // `new_keys` has the new key of each old one.
  void RenameKeys(const std::map<std::string, std::string>& new_keys);
  // Gives the variables of that key another name, of which `old_name` is the
  // end. False if there are none.
  bool RenameVariable(const std::string& key, absl::string_view old_name,
                      absl::string_view new_name);
  // Adds a variable at the edge `path.last`, or puts it in the place of one
  // that RemoveValue() has emptied. AlreadyExists if another object is there.
  // REQUIRES: the parents are there.
  absl::Status AddVariable(const ObjectPath& path, const std::string& key,
                           const std::string& full_name);
  // Takes the value of that key from all that have it. A slot without a value
  // is none.
  void RemoveValue(const std::string& key);

 private:
  int FindChild(int node, absl::string_view edge) const;

  std::vector<TrackableNode> nodes_;
  std::set<int> emptied_;
  bool changed_ = false;
};

}  // namespace cairn

#endif  // CAIRN_SAVING_EDITED_OBJECTS_H_
