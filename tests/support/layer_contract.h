#ifndef CAIRN_TESTS_SUPPORT_LAYER_CONTRACT_H_
#define CAIRN_TESTS_SUPPORT_LAYER_CONTRACT_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/layer/layer.h"
#include "core/tensor/tensor.h"

namespace cairn {

// A layer with its options, and something to apply it to.
struct LayerCase {
  std::function<std::shared_ptr<Layer>()> make;  // Without a name.
  Tensor input;
  std::string default_name;
  std::vector<std::string> weights = {};  // Names, in their order.
  std::vector<Tensor> values = {};        // Of the weights; empty: as built.
  // Of central differences.
  double step = 1e-2, tolerance = 5e-3;
};

// Checks what every layer promises, and returns what it makes of the input in
// inference:
//  - it is rebuilt from its config, with the same config, first values and
//    output;
//  - without a name it is called after its class, "dense", then "dense_1";
//  - it can be traced for training and for inference, and its gradients to
//    input and weights are those that central differences show;
//  - its weights are those named, in that order;
//  - in two models it is one layer: both train the same weights;
//  - GetWeights() and SetWeights() are inverse; SetWeights() refuses before
//    there are weights, and other counts and shapes, without a change.
Tensor CheckLayer(const LayerCase& layer_case);

// A case of class C.
template <typename C>
LayerCase CaseOf(typename C::Options options, Tensor input,
                 std::string default_name) {
  return {.make = [options] { return std::make_shared<C>(options); },
          .input = std::move(input),
          .default_name = std::move(default_name)};
}

// The output in inference or in training, or the error of building or tracing.
absl::StatusOr<Tensor> ApplyLayer(Layer& layer, const Tensor& input,
                                  bool training = false);

}  // namespace cairn

#endif  // CAIRN_TESTS_SUPPORT_LAYER_CONTRACT_H_
