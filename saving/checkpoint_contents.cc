#include "saving/checkpoint_contents.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/training/snapshot.h"
#include "saving/codec/trackable_object_graph.h"

namespace cairn {
namespace {

void PlaceBelow(const std::vector<std::string>& edges,
                const CheckpointContents& contents,
                std::vector<PlacedObject>& placed) {
  for (const CheckpointObject& object : contents.objects) {
    std::vector<std::string> below = edges;
    below.push_back(object.edge);
    placed.push_back({below, object});
    if (object.checkpoint != nullptr) {
      PlaceBelow(below, *object.checkpoint, placed);
    }
  }
}

}  // namespace

std::string UserStateKey(absl::Span<const std::string> edges) {
  // Escaped, as an edge may have a slash too.
  return absl::StrCat(
      kUserExtras,
      absl::StrJoin(edges, "/", [](std::string* text, const auto& edge) {
        text->append(EscapeLocalName(edge));
      }));
}

bool IsUserStateKey(absl::string_view key) {
  return absl::StartsWith(key, kUserExtras);
}

std::string PlacedObject::path() const { return absl::StrJoin(edges, "/"); }

std::vector<PlacedObject> PlaceObjects(const CheckpointContents& contents) {
  std::vector<PlacedObject> placed;
  PlaceBelow({}, contents, placed);
  return placed;
}

}  // namespace cairn
