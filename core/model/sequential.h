#ifndef CAIRN_CORE_MODEL_SEQUENTIAL_H_
#define CAIRN_CORE_MODEL_SEQUENTIAL_H_

#include <memory>
#include <string>
#include <utility>

#include "core/model/functional.h"

namespace cairn {

// Layers applied one after another. Shapes need not be given: they follow from
// the first data, or from an InputLayer in front. As keras.Sequential.
class Sequential : public Functional {
 public:
  static constexpr absl::string_view kClassName = "Sequential";

  explicit Sequential(std::string name = "") : Functional(std::move(name)) {}

  // Adds a layer built from its options: model.Add<Dense>({.units = 10}). A
  // fault, such as a name given twice, is returned by all that uses the model.
  template <typename L>
  L& Add(typename L::Options options = {}) {
    auto layer = std::make_shared<L>(std::move(options));
    L& result = *layer;
    Add(std::move(layer));
    return result;
  }
  Layer& Add(std::shared_ptr<Layer> layer);

  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override;
  absl::Status CheckBuilt() override;

 protected:
  absl::Status Build(absl::Span<const TensorSpec> inputs) override;
  Values Call(const CallContext& context,
              absl::Span<const Value> inputs) override;
  absl::Status CheckLayers() const override { return first_error_; }

 private:
  // Whether there is one input, of the shape that the InputLayer says.
  absl::Status CheckInputs(absl::Span<const TensorSpec> inputs) const;

  absl::Status first_error_;
  // The layer that gives the input's shape; it is no child, as in Keras.
  std::shared_ptr<Layer> input_layer_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_MODEL_SEQUENTIAL_H_
