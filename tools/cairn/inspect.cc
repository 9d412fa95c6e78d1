// `cairn inspect CHECKPOINT`: every tensor of a checkpoint, whoever wrote it.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/config.h"
#include "core/base/status_macros.h"
#include "core/io/user_path.h"
#include "core/tensor/shape.h"
#include "saving/named_checkpoint.h"
#include "tools/cairn/table.h"
#include "tools/cairn/verb.h"

namespace cairn {
namespace {

std::vector<std::string> PartNames(const Parts& parts) {
  std::vector<std::string> names;
  for (const Part part : parts) names.emplace_back(PartName(part));
  return names;
}

void PrintEntries(const NamedCheckpoint& checkpoint, std::ostream& out) {
  constexpr auto kRight = Table::Column::Side::kRight;
  Table table({{"part"}, {"path"}, {"dtype"}, {"shape"}, {"bytes", kRight}});
  int64_t bytes = 0;
  for (const NamedEntry& named : checkpoint.entries()) {
    const BundleEntry& entry = named.entry;
    table.AddRow({named.part, named.name, entry.dtype_name,
                  ShapeToString(entry.shape), absl::StrCat(entry.size)});
    bytes += entry.size;
  }
  out << "holds "
      << absl::StrJoin(PartNames(checkpoint.snapshot().parts()), ", ") << "\n\n"
      << table.ToString() << "\n"
      << checkpoint.entries().size() << " tensors, " << bytes << " bytes\n";
}

void PrintObjects(const std::vector<TrackableNode>& nodes, std::ostream& out) {
  Table table({{"object"}, {"children"}, {"values"}});
  for (size_t i = 0; i < nodes.size(); ++i) {
    const TrackableNode& node = nodes[i];
    std::vector<std::string> children, values;
    for (const auto& [name, child] : node.children) {
      children.push_back(absl::StrCat(name, " -> ", child));
    }
    if (!node.checkpoint_key.empty()) values.push_back(node.checkpoint_key);
    for (const TrackableAttribute& attribute : node.other_attributes) {
      values.push_back(attribute.checkpoint_key);
    }
    for (const SlotVariable& slot : node.slot_variables) {
      children.push_back(absl::StrCat(slot.slot_name, " of ",
                                      slot.original_variable, " -> ",
                                      slot.slot_variable));
    }
    table.AddRow({absl::StrCat(i), absl::StrJoin(children, ", "),
                  absl::StrJoin(values, ", ")});
  }
  out << "\n" << table.ToString();
}

Config EntryConfig(const NamedEntry& named) {
  Config::List shape;
  for (const int64_t size : named.entry.shape) shape.push_back(size);
  return Config::Object{{"part", named.part},
                        {"path", named.name},
                        {"dtype", named.entry.dtype_name},
                        {"shape", std::move(shape)},
                        {"bytes", named.entry.size},
                        {"key", named.entry.key}};
}

Config NodeConfig(const TrackableNode& node) {
  Config::Object children;
  for (const auto& [name, child] : node.children) {
    children.emplace_back(name, child);
  }
  Config::List values, slots;
  if (!node.checkpoint_key.empty()) {
    values.push_back(Config::Object{{"name", "VARIABLE_VALUE"},
                                    {"full_name", node.full_name},
                                    {"key", node.checkpoint_key}});
  }
  for (const TrackableAttribute& attribute : node.other_attributes) {
    values.push_back(Config::Object{{"name", attribute.name},
                                    {"full_name", attribute.full_name},
                                    {"key", attribute.checkpoint_key}});
  }
  for (const SlotVariable& slot : node.slot_variables) {
    slots.push_back(Config::Object{{"variable", slot.original_variable},
                                   {"name", slot.slot_name},
                                   {"slot", slot.slot_variable}});
  }
  return Config::Object{{"children", std::move(children)},
                        {"values", std::move(values)},
                        {"slots", std::move(slots)}};
}

absl::StatusOr<Answer> Inspect(const Invocation& invocation,
                               std::ostream& out) {
  CAIRN_ASSIGN_OR_RETURN(
      const std::unique_ptr<NamedCheckpoint> checkpoint,
      NamedCheckpoint::Open(UserPath(invocation.arguments[0])));
  const bool with_objects = invocation.Has("--objects");
  std::vector<TrackableNode> nodes;
  if (with_objects) {
    CAIRN_ASSIGN_OR_RETURN(nodes, checkpoint->ReadObjects());
  }
  if (!invocation.Has("--json")) {
    PrintEntries(*checkpoint, out);
    if (with_objects) PrintObjects(nodes, out);
    return Answer::kYes;
  }
  const std::vector<std::string> parts =
      PartNames(checkpoint->snapshot().parts());
  Config::List part_list(parts.begin(), parts.end()), tensors, objects;
  for (const NamedEntry& entry : checkpoint->entries()) {
    tensors.push_back(EntryConfig(entry));
  }
  Config::Object config = {{"path", checkpoint->prefix()},
                           {"format", checkpoint->snapshot().format()},
                           {"parts", std::move(part_list)},
                           {"tensors", std::move(tensors)}};
  if (with_objects) {
    for (const TrackableNode& node : nodes) {
      objects.push_back(NodeConfig(node));
    }
    config.emplace_back("objects", std::move(objects));
  }
  out << Config(std::move(config)).ToJson(2) << "\n";
  return Answer::kYes;
}

const VerbRegistrar registrar(
    {.name = "inspect",
     .arguments = {"CHECKPOINT"},
     .options = {{"--json", "", "an object with a list \"tensors\""},
                 {"--objects", "", "the object graph too, a node per line"}},
     .purpose = "list every tensor: part, path, type, shape, bytes",
     .details =
         "CHECKPOINT is a prefix, an index, or a folder, whose newest good "
         "checkpoint is\nthen shown. The part \"other\" has what belongs to "
         "no part, under its key.",
     .run = Inspect});

}  // namespace
}  // namespace cairn
