#include "saving/codec/trackable_object_graph.h"

#include <cstdint>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/base/annotate.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"
#include "google/protobuf/arena.h"
#include "google/protobuf/stubs/logging.h"
#include "saving/codec/mark_ancestors.h"
#include "saving/codec/proto/trackable_object_graph.pb.h"
#include "saving/codec/varint.h"

namespace cairn {
namespace {

constexpr char kVariableValue[] = "VARIABLE_VALUE";
// A field of messages or bytes has wire type 2.
constexpr uint64_t kNodesTag =
    proto::TrackableObjectGraph::kNodesFieldNumber << 3 | 2;

void AddAttribute(absl::string_view name, const std::string& full_name,
                  const std::string& checkpoint_key,
                  proto::TrackableObjectGraph::TrackableObject* object) {
  auto* attribute = object->add_attributes();
  attribute->set_name(std::string(name));
  attribute->set_full_name(full_name);
  attribute->set_checkpoint_key(checkpoint_key);
}

absl::Status CheckId(int id, int node_count) {
  if (id >= 0 && id < node_count) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("the object graph refers to node ", id, " of ", node_count));
}

}  // namespace

TrackableObjectGraphEncoder::TrackableObjectGraphEncoder()
    : object_(
          std::make_unique<proto::TrackableObjectGraph::TrackableObject>()) {}

TrackableObjectGraphEncoder::~TrackableObjectGraphEncoder() = default;

void TrackableObjectGraphEncoder::Add(const TrackableNode& node,
                                      bool has_values) {
  object_->Clear();
  for (const auto& [name, child] : node.children) {
    auto* reference = object_->add_children();
    reference->set_node_id(child);
    reference->set_local_name(name);
  }
  if (!node.checkpoint_key.empty()) {
    AddAttribute(kVariableValue, node.full_name, node.checkpoint_key,
                 object_.get());
  }
  for (const TrackableAttribute& attribute : node.other_attributes) {
    AddAttribute(attribute.name, attribute.full_name, attribute.checkpoint_key,
                 object_.get());
  }
  for (const SlotVariable& slot : node.slot_variables) {
    auto* reference = object_->add_slot_variables();
    reference->set_original_variable_node_id(slot.original_variable);
    reference->set_slot_name(slot.slot_name);
    reference->set_slot_variable_node_id(slot.slot_variable);
  }
  object_->mutable_has_checkpoint_values()->set_value(has_values);
  // The graph is a message whose one field is a list of objects: each is its
  // tag, its length and itself.
  object_bytes_.clear();
  AppendVarint(kNodesTag, &object_bytes_);
  AppendVarint(object_->ByteSizeLong(), &object_bytes_);
  object_->AppendToString(&object_bytes_);
  bytes_.Append(absl::string_view(object_bytes_));
}

std::string EncodeTrackableObjectGraph(
    const std::vector<TrackableNode>& nodes) {
  std::vector<GraphEdge> edges;
  std::vector<bool> have_values(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    const TrackableNode& node = nodes[i];
    for (const auto& [name, child] : node.children) {
      CAIRN_CHECK(child >= 0 && static_cast<size_t>(child) < nodes.size());
      edges.emplace_back(static_cast<int>(i), child);
    }
    have_values[i] = !node.checkpoint_key.empty() ||
                     !node.other_attributes.empty() ||
                     !node.slot_variables.empty();
  }
  MarkAncestors(edges, have_values);
  TrackableObjectGraphEncoder encoder;
  for (size_t i = 0; i < nodes.size(); ++i) {
    encoder.Add(nodes[i], have_values[i]);
  }
  return std::string(encoder.Finish());
}

absl::StatusOr<std::vector<TrackableNode>> DecodeTrackableObjectGraph(
    absl::string_view bytes) {
  // The library would print what is returned.
  const google::protobuf::LogSilencer silencer;
  // Thousands of small messages, given up at once.
  google::protobuf::Arena arena;
  auto& graph =
      *google::protobuf::Arena::CreateMessage<proto::TrackableObjectGraph>(
          &arena);
  if (bytes.size() > std::numeric_limits<int>::max() ||
      !graph.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("the object graph cannot be read");
  }
  const int node_count = graph.nodes_size();
  if (node_count == 0) {
    return absl::DataLossError("the object graph has no root");
  }
  std::vector<TrackableNode> nodes(node_count);
  for (int i = 0; i < node_count; ++i) {
    auto& object = *graph.mutable_nodes(i);
    TrackableNode& node = nodes[i];
    node.children.reserve(object.children_size());
    for (auto& child : *object.mutable_children()) {
      CAIRN_RETURN_IF_ERROR(CheckId(child.node_id(), node_count));
      node.children.emplace_back(std::move(*child.mutable_local_name()),
                                 child.node_id());
    }
    for (auto& attribute : *object.mutable_attributes()) {
      if (attribute.name() == kVariableValue && node.checkpoint_key.empty()) {
        node.full_name = std::move(*attribute.mutable_full_name());
        node.checkpoint_key = std::move(*attribute.mutable_checkpoint_key());
      } else {
        node.other_attributes.push_back({attribute.name(),
                                         attribute.full_name(),
                                         attribute.checkpoint_key()});
      }
    }
    for (const auto& slot : object.slot_variables()) {
      CAIRN_RETURN_IF_ERROR(
          CheckId(slot.original_variable_node_id(), node_count));
      CAIRN_RETURN_IF_ERROR(CheckId(slot.slot_variable_node_id(), node_count));
      node.slot_variables.push_back({slot.original_variable_node_id(),
                                     slot.slot_name(),
                                     slot.slot_variable_node_id()});
    }
  }
  return nodes;
}

absl::StatusOr<std::vector<TrackableNode>> DecodeObjectGraphEntry(
    const std::vector<std::string>& texts, absl::string_view prefix) {
  auto nodes = texts.size() == 1
                   ? DecodeTrackableObjectGraph(texts[0])
                   : absl::DataLossError(absl::StrCat(
                         "it has ", texts.size(), " object graphs, not one"));
  if (!nodes.ok()) return Annotate(nodes.status(), prefix);
  return nodes;
}

std::string EscapeLocalName(absl::string_view name) {
  return absl::StrReplaceAll(name, {{".", ".."}, {"/", ".S"}});
}

std::string UnescapeLocalName(absl::string_view escaped) {
  return absl::StrReplaceAll(escaped, {{"..", "."}, {".S", "/"}});
}

}  // namespace cairn
