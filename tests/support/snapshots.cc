#include "tests/support/snapshots.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace cairn {
namespace {

void CloneAll(std::vector<NamedTensor>& tensors) {
  for (NamedTensor& tensor : tensors) tensor.value = tensor.value.Clone();
}

void Describe(const std::string& part, const std::vector<NamedTensor>& tensors,
              std::string& text) {
  for (const NamedTensor& tensor : tensors) {
    absl::StrAppend(&text, part, " ", tensor.name, " ",
                    SpecToString(tensor.value.spec()), " ",
                    absl::BytesToHexString(BytesOf({tensor.value})), "\n");
  }
}

}  // namespace

std::string BytesOf(absl::Span<const Tensor> tensors) {
  std::string bytes;
  for (const Tensor& tensor : tensors) {
    bytes.append(reinterpret_cast<const char*>(tensor.bytes().data()),
                 tensor.bytes().size());
  }
  return bytes;
}

Snapshot CloneSnapshot(const Snapshot& snapshot) {
  Snapshot clone = snapshot;
  CloneAll(clone.weights.Mutable());
  CloneAll(clone.optimizer.Mutable());
  for (auto& [key, state] : clone.extras) CloneAll(state.tensors);
  return clone;
}

std::string DescribeSnapshot(const Snapshot& snapshot) {
  std::string text =
      absl::StrCat("architecture ", snapshot.architecture->ToJson(),
                   "\ncompile ", snapshot.compile->ToJson(), "\n");
  for (const ObjectGraph::Node& node : snapshot.objects->nodes) {
    absl::StrAppend(&text, "node ", static_cast<int>(node.kind), " ",
                    node.class_name, " ", node.tensor, ":");
    for (const ObjectGraph::Edge& edge : node.edges) {
      absl::StrAppend(&text, " ", edge.name, "=", edge.node);
    }
    absl::StrAppend(&text, "\n");
  }
  Describe("weight", snapshot.weights, text);
  Describe("optimizer", snapshot.optimizer, text);
  for (const auto& [key, state] : snapshot.extras) {
    absl::StrAppend(&text, "extra ", key, " ", state.values.ToJson(), "\n");
    Describe(key, state.tensors, text);
  }
  return text;
}

}  // namespace cairn
