#ifndef CAIRN_SAVING_CODEC_TRACKABLE_OBJECT_GRAPH_H_
#define CAIRN_SAVING_CODEC_TRACKABLE_OBJECT_GRAPH_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"

namespace cairn {

namespace proto {
class TrackableObjectGraph_TrackableObject;
}  // namespace proto

// The key of a bundle under which the object graph lies, as a string.
inline constexpr absl::string_view kObjectGraphKey =
    "_CHECKPOINTABLE_OBJECT_GRAPH";

// A variable that an optimizer keeps for another one. Both are node ids.
struct SlotVariable {
  int original_variable = 0;
  std::string slot_name;
  int slot_variable = 0;

  friend bool operator==(const SlotVariable&, const SlotVariable&) = default;
};

// A value of an object that is not a variable.
struct TrackableAttribute {
  std::string name;
  std::string full_name;
  std::string checkpoint_key;

  friend bool operator==(const TrackableAttribute&,
                         const TrackableAttribute&) = default;
};

// One object of a checkpoint. A node's id is its place in the list; the first
// is the root. Children may lead back to their parents.
struct TrackableNode {
  // Local name and node id.
  std::vector<std::pair<std::string, int>> children;
  // For a variable: its name, and the key of its value. An empty key: it is
  // none.
  std::string full_name;
  std::string checkpoint_key;
  std::vector<TrackableAttribute> other_attributes;
  std::vector<SlotVariable> slot_variables;

  friend bool operator==(const TrackableNode&, const TrackableNode&) = default;
};

// TensorFlow's TrackableObjectGraph. The same nodes give the same bytes.
// REQUIRES: every node id is that of one of `nodes`.
std::string EncodeTrackableObjectGraph(const std::vector<TrackableNode>& nodes);

// The same of nodes that are made one after another.
class TrackableObjectGraphEncoder {
 public:
  TrackableObjectGraphEncoder();
  ~TrackableObjectGraphEncoder();
  // `has_values`: it or something below it has. Objects without any may be
  // absent when a checkpoint is restored.
  void Add(const TrackableNode& node, bool has_values);
  // What was added. Called last.
  absl::Cord Finish() { return std::move(bytes_); }

 private:
  std::unique_ptr<proto::TrackableObjectGraph_TrackableObject> object_;
  std::string object_bytes_;
  absl::Cord bytes_;
};

// At least one node, and all ids in range; else DataLoss.
absl::StatusOr<std::vector<TrackableNode>> DecodeTrackableObjectGraph(
    absl::string_view bytes);
// The same from the entry kObjectGraphKey, whose elements are `texts`, of the
// bundle at `prefix`, which errors name. DataLoss unless there is one.
absl::StatusOr<std::vector<TrackableNode>> DecodeObjectGraphEntry(
    const std::vector<std::string>& texts, absl::string_view prefix);

// A child's or slot's name as it stands in a key: without any slash, and so
// that it cannot be taken for one of TensorFlow's own words.
std::string EscapeLocalName(absl::string_view name);
// The name that was escaped; that of another text is some name or other.
std::string UnescapeLocalName(absl::string_view escaped);

}  // namespace cairn

#endif  // CAIRN_SAVING_CODEC_TRACKABLE_OBJECT_GRAPH_H_
