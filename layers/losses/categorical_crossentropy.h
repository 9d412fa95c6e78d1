#ifndef CAIRN_LAYERS_LOSSES_CATEGORICAL_CROSSENTROPY_H_
#define CAIRN_LAYERS_LOSSES_CATEGORICAL_CROSSENTROPY_H_

#include "absl/strings/string_view.h"
#include "core/training/loss.h"

namespace cairn {

struct CategoricalCrossentropyOptions {
  // Whether predictions are logits, not probabilities.
  bool from_logits = false;

  template <typename Self, typename Visitor>
  static void VisitFields(Self& self, Visitor&& field) {
    field("from_logits", self.from_logits);
  }
};

// The cross-entropy of the prediction against a target that gives each class
// its probability. Targets have the prediction's shape. As
// keras.losses.CategoricalCrossentropy.
// A prediction that comes straight from a softmax is taken back to its logits,
// so that the two are computed in their stable joined form.
class CategoricalCrossentropy : public Loss {
 public:
  static constexpr absl::string_view kClassName = "CategoricalCrossentropy";
  static constexpr absl::string_view kName = "categorical_crossentropy";
  using Options = CategoricalCrossentropyOptions;
  explicit CategoricalCrossentropy(Options options = {}) : options_(options) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return ToConfig(options_); }
  Value Call(Value target, Value prediction) const override;

 private:
  const Options options_;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_LOSSES_CATEGORICAL_CROSSENTROPY_H_
