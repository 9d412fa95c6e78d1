#include "examples/mnist_models.h"

namespace cairn {
namespace {

void AddMlp(Sequential& model) {
  model.Add<InputLayer>({.shape = {784}});
  model.Add<Dense>({.units = 512, .activation = "relu"});
  model.Add<Dropout>({.rate = 0.2});
  model.Add<Dense>({.units = 10, .activation = "softmax"});
}

void AddCnn(Sequential& model) {
  model.Add<InputLayer>({.shape = {28, 28, 1}});
  model.Add<Conv2D>(
      {.filters = 32, .kernel_size = {3, 3}, .activation = "relu"});
  model.Add<MaxPooling2D>();
  model.Add<Conv2D>(
      {.filters = 64, .kernel_size = {3, 3}, .activation = "relu"});
  model.Add<MaxPooling2D>();
  model.Add<Flatten>();
  model.Add<Dropout>({.rate = 0.5});
  model.Add<Dense>({.units = 10, .activation = "softmax"});
}

}  // namespace

Shape MnistImageShape(const std::string& name) {
  return name == "cnn" ? Shape{28, 28, 1} : Shape{784};
}

std::unique_ptr<Sequential> MakeMnistModel(const std::string& name) {
  auto model = std::make_unique<Sequential>(name);
  if (name == "cnn") {
    AddCnn(*model);
  } else {
    AddMlp(*model);
  }
  return model;
}

}  // namespace cairn
