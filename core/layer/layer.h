#ifndef CAIRN_CORE_LAYER_LAYER_H_
#define CAIRN_CORE_LAYER_LAYER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/configurable.h"
#include "core/base/options.h"
#include "core/base/registry.h"
#include "core/graph/value.h"
#include "core/layer/call_context.h"
#include "core/layer/deferred_values.h"
#include "core/layer/values.h"
#include "core/layer/weight.h"
#include "core/tensor/tensor.h"

namespace cairn {

// A forward computation with weights. Subclasses write Call() and get
// gradients, planning and export from its trace. Layers are shared: one may
// stand in several models, which then train the same weights. Not thread-safe.
class Layer : public Configurable {
 public:
  static constexpr absl::string_view kKindName = "layer";
  struct Child {
    std::string edge;
    std::shared_ptr<Layer> layer;
  };

  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  // Empty until a parent names it after its class: "dense", "dense_1".
  const std::string& name() const { return name_; }
  bool trainable() const { return trainable_; }
  bool built() const { return built_; }

  absl::Span<const Child> children() const { return children_; }
  // This layer's own, then each child's; each variable once. The order is that
  // of creation, whatever is trainable.
  std::vector<Weight> weights() const;
  // What files call this layer's own weights, in the order they were made.
  absl::Span<const std::pair<std::string, std::shared_ptr<Variable>>>
  own_weights() const {
    return own_weights_;
  }
  // Whether files number the children instead of naming them.
  virtual bool is_layer_sequence() const { return false; }
  // Copies, in the order of weights().
  std::vector<Tensor> GetWeights() const;
  // Checks every count and shape before it copies anything. FailedPrecondition
  // if the weights do not exist yet: build the layer, by calling it or by
  // EnsureBuilt().
  absl::Status SetWeights(absl::Span<const Tensor> values);

  // Makes all weights from here down, by a trace that is thrown away. First
  // values come from streams of `seed`. InvalidArgument if the layer cannot
  // take such inputs.
  absl::Status EnsureBuilt(absl::Span<const TensorSpec> inputs,
                           uint64_t seed = 0);
  // Builds what is not built, then traces Call(). `context` is the caller's: a
  // layer passes on its own, the root is given a new one.
  Values Apply(const CallContext& context, absl::Span<const Value> inputs);

  // `values` are asked for the weights and children still to be made, until the
  // layer is built. They take the place of earlier ones. Nothing happens if it
  // is built already.
  void DeferRestore(std::shared_ptr<DeferredValues> values);

  // For the layer that takes this one in: gives a name to one that has none.
  void SetNameIfEmpty(absl::string_view name);

 protected:
  explicit Layer(std::string name = "") : name_(std::move(name)) {}
  // Takes name, trainable and dtype from options with VisitLayerFields().
  template <typename Options>
  requires requires(Options o) {
    o.name;
    o.trainable;
    o.dtype;
  }
  explicit Layer(const Options& options)
      : name_(options.name),
        trainable_(options.trainable),
        dtype_(options.dtype) {}

  // Creates weights. Runs once, with the first inputs' specs.
  virtual absl::Status Build(absl::Span<const TensorSpec> inputs);
  // Emits the forward computation.
  virtual Values Call(const CallContext& context,
                      absl::Span<const Value> inputs) = 0;

  // REQUIRES: called from Build().
  absl::StatusOr<std::shared_ptr<Variable>> AddWeight(WeightSpec spec);
  // `edge` is what a C++ member would be called: "encoder". InvalidArgument if
  // another child has the layer's name.
  absl::Status AddChild(absl::string_view edge, std::shared_ptr<Layer> child);
  // Forgets the last child.
  void RemoveLastChild() { children_.pop_back(); }

  // "Dense \"logits\"", for messages.
  std::string Label() const;

 private:
  // Gives a new weight the values that its initializer makes.
  absl::Status FillFirst(const WeightSpec& spec, const std::string& full_name,
                         Variable& variable) const;
  absl::Status BuildOnce(const CallContext& context,
                         absl::Span<const TensorSpec> inputs);
  void CollectWeights(const std::string& prefix, bool trainable,
                      std::vector<Weight>& weights) const;

  std::string name_;
  bool trainable_ = true;
  std::string dtype_;
  bool built_ = false;
  std::vector<Child> children_;
  // By edge.
  std::vector<std::pair<std::string, std::shared_ptr<Variable>>> own_weights_;
  std::vector<std::string> own_weight_names_;
  std::shared_ptr<DeferredValues> deferred_;
  // While Build() runs.
  const CallContext* building_ = nullptr;
};

// The fields that the options of every layer end with.
template <typename Self, typename Visitor>
void VisitLayerFields(Self& self, Visitor&& field) {
  field("name", self.name);
  field("trainable", self.trainable);
  field("dtype", self.dtype);
}

// "max_pooling2d" of "MaxPooling2D", as Keras names layers after their class.
std::string ToSnakeCase(absl::string_view class_name);

// CAIRN_REGISTER_LAYER(Dense); under Dense::kClassName.
#define CAIRN_REGISTER_LAYER(C)                                \
  const ::cairn::Registrar<::cairn::Layer> cairn_register_##C( \
      {C::kClassName}, &::cairn::CreateFromConfig<::cairn::Layer, C>)

}  // namespace cairn

#endif  // CAIRN_CORE_LAYER_LAYER_H_
