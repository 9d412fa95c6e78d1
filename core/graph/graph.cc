#include "core/graph/graph.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"

namespace cairn {
namespace {

std::string ValueName(ValueId value) {
  if (value.output == 0) return absl::StrCat("%", value.node);
  return absl::StrCat("%", value.node, ":", value.output);
}

std::string NodeToString(const Graph& graph, int32_t index) {
  const Graph::Node& node = graph.nodes()[index];
  std::string text = absl::StrCat("%", index, " = ", node.op->name, "(");
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    absl::StrAppend(&text, i > 0 ? ", " : "", ValueName(node.inputs[i]));
  }
  text += ")";
  for (const auto& [name, attr] : node.attrs) {
    absl::StrAppend(&text, " ", name, "=", AttrToString(attr));
    if (name == "variable") {
      const auto variable =
          graph.variables()[GetAttr<int64_t>(node.attrs, "variable")];
      absl::StrAppend(&text, "<", variable->name(), ">");
    }
  }
  text += " :";
  for (const TensorSpec& spec : node.outputs) {
    absl::StrAppend(&text, " ", SpecToString(spec));
  }
  return text;
}

}  // namespace

Graph::Graph(Parts parts) : parts_(std::move(parts)) {
  for (size_t i = 0; i < parts_.nodes.size(); ++i) {
    for (const ValueId input : parts_.nodes[i].inputs) {
      CAIRN_CHECK(input.valid() && input.node < static_cast<int32_t>(i));
    }
  }
}

std::string Graph::ToString() const {
  std::string text;
  for (size_t i = 0; i < nodes().size(); ++i) {
    absl::StrAppend(&text, NodeToString(*this, static_cast<int32_t>(i)), "\n");
  }
  for (const ValueId output : outputs()) {
    absl::StrAppend(&text, "output ", ValueName(output), "\n");
  }
  for (const Update& update : updates()) {
    absl::StrAppend(&text, "update ", update.variable->name(), " = ",
                    ValueName(update.new_value), "\n");
  }
  return text;
}

}  // namespace cairn
