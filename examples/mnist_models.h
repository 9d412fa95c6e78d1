#ifndef CAIRN_EXAMPLES_MNIST_MODELS_H_
#define CAIRN_EXAMPLES_MNIST_MODELS_H_

#include <memory>
#include <string>

#include "cairn.h"

namespace cairn {

// The shape in which the model takes a picture of 28 x 28 pixels.
Shape MnistImageShape(const std::string& name);

// The model "mlp" or "cnn", not compiled. It gives the probability of each of
// ten digits.
std::unique_ptr<Sequential> MakeMnistModel(const std::string& name);

}  // namespace cairn

#endif  // CAIRN_EXAMPLES_MNIST_MODELS_H_
