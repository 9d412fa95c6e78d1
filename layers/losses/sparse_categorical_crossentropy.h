#ifndef CAIRN_LAYERS_LOSSES_SPARSE_CATEGORICAL_CROSSENTROPY_H_
#define CAIRN_LAYERS_LOSSES_SPARSE_CATEGORICAL_CROSSENTROPY_H_

#include "absl/strings/string_view.h"
#include "core/training/loss.h"

namespace cairn {

struct SparseCategoricalCrossentropyOptions {
  // Whether predictions are logits, not probabilities.
  bool from_logits = false;

  template <typename Self, typename Visitor>
  static void VisitFields(Self& self, Visitor&& field) {
    field("from_logits", self.from_logits);
  }
};

// Minus the logarithm of the probability that the prediction gives to the class
// that the target names. Targets are labels, 0 to classes - 1: the prediction's
// shape without its last axis, or with a last axis of 1. As
// keras.losses.SparseCategoricalCrossentropy.
// A prediction that comes straight from a softmax is taken back to its logits,
// so that the two are computed in their stable joined form.
class SparseCategoricalCrossentropy : public Loss {
 public:
  static constexpr absl::string_view kClassName =
      "SparseCategoricalCrossentropy";
  static constexpr absl::string_view kName = "sparse_categorical_crossentropy";
  using Options = SparseCategoricalCrossentropyOptions;
  explicit SparseCategoricalCrossentropy(Options options = {})
      : options_(options) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return ToConfig(options_); }
  Value Call(Value target, Value prediction) const override;

 private:
  const Options options_;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_LOSSES_SPARSE_CATEGORICAL_CROSSENTROPY_H_
