#ifndef CAIRN_CORE_GRAPH_OP_H_
#define CAIRN_CORE_GRAPH_OP_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/graph/attr.h"
#include "core/graph/value.h"
#include "core/tensor/shape.h"

namespace cairn {

// What a shape rule is given: the inputs' specs, which may have dynamic
// dimensions, and the attributes.
class OpCall {
 public:
  OpCall(absl::Span<const TensorSpec> inputs, const Attrs& attrs)
      : inputs_(inputs), attrs_(attrs) {}

  size_t input_count() const { return inputs_.size(); }
  const TensorSpec& input(size_t index) const { return inputs_[index]; }
  const Attrs& attrs() const { return attrs_; }
  // REQUIRES: the attribute is there and holds a T.
  template <typename T>
  const T& attr(const char* name) const {
    return GetAttr<T>(attrs_, name);
  }

 private:
  absl::Span<const TensorSpec> inputs_;
  const Attrs& attrs_;
};

// What a gradient rule is given: the node's inputs and outputs, and the
// gradients of the outputs, all as values of the graph under construction.
struct GradientCall {
  absl::Span<const Value> inputs;
  absl::Span<const Value> outputs;
  // Invalid where the loss does not depend on the output.
  absl::Span<const Value> output_gradients;
  const Attrs& attrs;

  Value input(size_t index) const { return inputs[index]; }
  Value output(size_t index) const { return outputs[index]; }
  Value output_gradient(size_t index) const { return output_gradients[index]; }
  template <typename T>
  const T& attr(const char* name) const {
    return GetAttr<T>(attrs, name);
  }
};

struct OpTraits {
  bool elementwise = false;       // May join a fused elementwise loop.
  bool accepts_epilogue = false;  // May absorb a following bias and activation.
  bool in_place = false;  // An output may reuse the buffer of a dying input.
};

// What the graph knows of an op. How to compute it is the kernel's business.
struct OpDef {
  // TensorFlow's name, with TensorFlow's attributes: exporting is copying. A
  // name that starts with '_' is made by fusion and never exported.
  absl::string_view name;
  // Checks inputs and attributes and returns the outputs' specs.
  absl::StatusOr<std::vector<TensorSpec>> (*infer)(const OpCall& call);
  // Emits d(loss)/d(input) for every input; an invalid Value means "none".
  // Null if the op cannot be differentiated.
  std::vector<Value> (*gradient)(const GradientCall& call) = nullptr;
  OpTraits traits = {};
};

// Adds an op. A name registered twice ends the process.
void RegisterOp(const OpDef& op);

// Null if there is none. The pointer stays valid.
const OpDef* FindOp(absl::string_view name);

// The names of all ops, sorted.
std::vector<absl::string_view> OpNames();

struct OpRegistrar {
  explicit OpRegistrar(const OpDef& op) { RegisterOp(op); }
};

// CAIRN_REGISTER_OP({.name = "Relu", .infer = InferRelu, …});
#define CAIRN_REGISTER_OP(...) CAIRN_REGISTER_OP_(__COUNTER__, __VA_ARGS__)
#define CAIRN_REGISTER_OP_(n, ...) CAIRN_REGISTER_OP__(n, __VA_ARGS__)
#define CAIRN_REGISTER_OP__(n, ...) \
  const ::cairn::OpRegistrar cairn_op_registrar_##n(::cairn::OpDef __VA_ARGS__)

}  // namespace cairn

#endif  // CAIRN_CORE_GRAPH_OP_H_
