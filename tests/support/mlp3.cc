#include "tests/support/mlp3.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/model/functional.h"
#include "core/model/input_layer.h"
#include "core/model/sequential.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Names = std::vector<std::string>;

std::vector<std::shared_ptr<Dense>> MakeLayers(const Names& names) {
  std::vector<std::shared_ptr<Dense>> layers;
  for (const std::string& name : names) {
    layers.push_back(std::make_shared<Dense>(
        Dense::Options{.units = layers.size() < 2 ? 64 : 10, .name = name}));
  }
  return layers;
}

class FunctionalMlp : public Functional {
 public:
  explicit FunctionalMlp(const Names& names) : Functional("3_layer_mlp") {
    EXPECT_TRUE(
        IsOk(AddChild("0", std::make_shared<InputLayer>(InputLayer::Options{
                               .shape = {784}, .name = "digits"}))));
    int place = 0;
    for (std::shared_ptr<Dense>& layer : MakeLayers(names)) {
      EXPECT_TRUE(IsOk(AddChild(absl::StrCat(place + 1), layer)));
      calls_.push_back({std::move(layer), {Source{place - 1, 0}}});
      ++place;
    }
    outputs_ = {Source{2, 0}};
  }
  absl::string_view class_name() const override { return "Functional"; }
  Config GetConfig() const override { return Config::Object(); }
};

class SubclassedMlp : public Model {
 public:
  explicit SubclassedMlp(const Names& names) : layers_(MakeLayers(names)) {
    int place = 0;
    for (const std::shared_ptr<Dense>& layer : layers_) {
      EXPECT_TRUE(IsOk(AddChild(absl::StrCat("dense_", ++place), layer)));
    }
  }
  absl::string_view class_name() const override { return "MyModel"; }
  Config GetConfig() const override { return Config::Object(); }

 protected:
  Values Call(const CallContext& context,
              absl::Span<const Value> inputs) override {
    Values values = layers_[0]->Apply(context, inputs);
    values = layers_[1]->Apply(context, {values});
    return layers_[2]->Apply(context, {values});
  }

 private:
  const std::vector<std::shared_ptr<Dense>> layers_;
};

}  // namespace

const Names& Mlp3Kinds() {
  static const auto* const kinds =
      new Names{"Functional", "Sequential", "subclassed"};
  return *kinds;
}

std::unique_ptr<Model> MakeMlp3(const std::string& kind, uint64_t seed,
                                const Names& names) {
  std::unique_ptr<Model> model;
  if (kind == "Functional") {
    model = std::make_unique<FunctionalMlp>(names);
  } else if (kind == "subclassed") {
    model = std::make_unique<SubclassedMlp>(names);
  } else {
    auto sequential = std::make_unique<Sequential>();
    for (std::shared_ptr<Dense>& layer : MakeLayers(names)) {
      sequential->Add(std::shared_ptr<Layer>(std::move(layer)));
    }
    model = std::move(sequential);
  }
  EXPECT_TRUE(IsOk(model->set_seed(seed)));
  EXPECT_TRUE(
      IsOk(model->EnsureBuilt({{DType::kFloat32, {kDynamic, 784}}}, seed)));
  return model;
}

}  // namespace cairn
