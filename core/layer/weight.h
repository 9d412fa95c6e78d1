#ifndef CAIRN_CORE_LAYER_WEIGHT_H_
#define CAIRN_CORE_LAYER_WEIGHT_H_

#include <memory>
#include <string>

#include "core/base/rule.h"
#include "core/graph/variable.h"
#include "core/layer/initializer.h"
#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

namespace cairn {

// What a layer says of a weight it makes.
struct WeightSpec {
  std::string name;  // "kernel"
  Shape shape;
  Rule<Initializer> initializer = "glorot_uniform";
  bool trainable = true;  // False for moving statistics and the like.
  // What training changes is float32. Others take the initializer's values as
  // CastTensor() makes them.
  DType dtype = DType::kFloat32;
  std::string edge;  // What files call the member; empty: the name.
};

// A weight as seen from some layer above it.
struct Weight {
  std::string path;  // From that layer down: "dense_1/kernel".
  std::shared_ptr<Variable> variable;
  bool trainable = true;  // It is, and so is every layer that owns it.
};

}  // namespace cairn

#endif  // CAIRN_CORE_LAYER_WEIGHT_H_
