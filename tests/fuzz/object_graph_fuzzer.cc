// A TrackableObjectGraph, and what objects it is taken for.
#include <string>

#include "core/base/check.h"
#include "saving/codec/trackable_object_graph.h"
#include "saving/trackable_objects.h"
#include "tests/fuzz/target.h"

namespace cairn {

bool ReadHostileInput(absl::string_view input) {
  const auto nodes = DecodeTrackableObjectGraph(input);
  if (!nodes.ok()) return false;
  const auto again =
      DecodeTrackableObjectGraph(EncodeTrackableObjectGraph(*nodes));
  CAIRN_CHECK(again.ok());
  CAIRN_CHECK(EncodeTrackableObjectGraph(*again) ==
              EncodeTrackableObjectGraph(*nodes));

  const SnapshotObjects found = FromTrackable(*nodes);
  CAIRN_CHECK(!found.objects.nodes.empty());
  Snapshot snapshot;
  snapshot.objects = found.objects;
  for (const TrackableTensor& tensor : found.tensors) {
    if (tensor.part == Part::kWeights) {
      snapshot.weights.Mutable().push_back({tensor.name, Tensor()});
    } else if (tensor.part == Part::kOptimizer) {
      snapshot.optimizer.Mutable().push_back({tensor.name, Tensor()});
    }
  }
  const TrackableObjects written = ToTrackable(snapshot);
  const std::string encoded = EncodeTrackableObjectGraph(written.nodes);
  CAIRN_CHECK(DecodeTrackableObjectGraph(encoded).ok());
  // Encoded as they are made, as a save does it.
  TrackableObjectGraphEncoder encoder;
  VisitTrackable(
      snapshot, [&](const TrackableNode& node, bool has_values,
                    const TrackableTensor*) { encoder.Add(node, has_values); });
  CAIRN_CHECK(encoder.Finish() == encoded);
  return true;
}

}  // namespace cairn
