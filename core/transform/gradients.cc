#include "core/transform/gradients.h"

#include <cstdint>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/graph/builder.h"
#include "core/graph/graph.h"
#include "core/graph/op.h"
#include "core/ops/binary.h"
#include "core/ops/constant.h"
#include "core/tensor/tensor.h"

namespace cairn {
namespace {

// Which of the first `count` nodes depend on one of `sources`.
std::vector<bool> DependsOn(const GraphBuilder& builder, int32_t count,
                            absl::Span<const Value> sources) {
  std::vector<bool> depends(count, false);
  for (const Value source : sources) {
    if (source.valid() && source.id().node < count) {
      depends[source.id().node] = true;
    }
  }
  for (int32_t i = 0; i < count; ++i) {
    for (const ValueId input : builder.node({i, 0}).inputs) {
      if (depends[input.node]) depends[i] = true;
    }
  }
  return depends;
}

class Backward {
 public:
  explicit Backward(GraphBuilder* builder) : builder_(builder) {}

  void Add(ValueId value, Value gradient) {
    if (!gradient.valid()) return;
    Value& sum = gradients_[value];
    sum = sum.valid() ? ops::Add(sum, gradient) : gradient;
  }

  Value Find(ValueId value) const {
    const auto found = gradients_.find(value);
    return found == gradients_.end() ? Value() : found->second;
  }

  // Passes what has arrived at a node's outputs on to its inputs.
  void Visit(int32_t index) {
    // A copy: the rule emits nodes, which may move the builder's.
    const Graph::Node node = builder_->node({index, 0});
    std::vector<Value> output_gradients, outputs, inputs;
    bool any = false;
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const ValueId id{index, static_cast<int32_t>(i)};
      outputs.emplace_back(builder_, id);
      output_gradients.push_back(Find(id));
      any = any || output_gradients.back().valid();
    }
    if (!any || node.inputs.empty()) return;
    for (const ValueId input : node.inputs)
      inputs.emplace_back(builder_, input);
    if (node.op->gradient == nullptr) {
      builder_->Fail(absl::InvalidArgumentError(absl::StrCat(
                         "op ", node.op->name, " has no gradient")),
                     node.where);
      return;
    }
    const std::vector<Value> gradients =
        node.op->gradient({inputs, outputs, output_gradients, node.attrs});
    for (size_t i = 0; i < gradients.size() && i < inputs.size(); ++i) {
      Add(node.inputs[i], gradients[i]);
    }
  }

 private:
  GraphBuilder* const builder_;
  std::map<ValueId, Value> gradients_;
};

}  // namespace

std::vector<Value> Gradients(Value loss, absl::Span<const Value> wrt) {
  std::vector<Value> results(wrt.size());
  if (!loss.valid()) return results;
  GraphBuilder* const builder = loss.builder();
  if (!loss.spec().shape.empty()) {
    builder->Fail(absl::InvalidArgumentError(absl::StrCat(
        "gradients are of a scalar, not of ", SpecToString(loss.spec()))));
    return results;
  }
  const int32_t count = loss.id().node + 1;
  const std::vector<bool> depends = DependsOn(*builder, count, wrt);
  Backward backward(builder);
  backward.Add(loss.id(), ops::Constant(builder, Tensor::Scalar(1.0f)));
  for (int32_t i = count - 1; i >= 0; --i) {
    if (depends[i]) backward.Visit(i);
  }
  for (size_t i = 0; i < wrt.size(); ++i) {
    if (wrt[i].valid()) results[i] = backward.Find(wrt[i].id());
  }
  return results;
}

}  // namespace cairn
