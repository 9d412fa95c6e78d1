#include "core/layer/layer.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/options.h"
#include "core/graph/builder.h"
#include "core/ops/binary.h"
#include "core/ops/matmul.h"
#include "gtest/gtest.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

struct TestOptions {
  int64_t units = 2;
  std::string name;
  bool trainable = true;
  std::string dtype;
  template <typename Self, typename Visitor>
  static void VisitFields(Self& self, Visitor&& field) {
    field("units", self.units);
    VisitLayerFields(self, field);
  }
};

// A product with a weight, "kernel", and one that is not trained, "count".
class Product : public Layer {
 public:
  static constexpr absl::string_view kClassName = "Test>MatrixProduct2D";
  using Options = TestOptions;
  explicit Product(Options options = {}) : Layer(options), options_(options) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return ToConfig(options_); }
  using Layer::AddWeight;

  int builds = 0;
  // What Build() does beside its own.
  absl::Status build_error;
  std::string second_name = "count";

 protected:
  absl::Status Build(absl::Span<const TensorSpec> inputs) override {
    ++builds;
    absl::StatusOr<std::shared_ptr<Variable>> kernel = AddWeight(
        {.name = "kernel", .shape = {inputs[0].shape[1], options_.units}});
    if (!kernel.ok()) return kernel.status();
    kernel_ = *kernel;
    if (!build_error.ok()) return build_error;
    return AddWeight({.name = second_name,
                      .shape = {},
                      .initializer = "ones",
                      .trainable = false,
                      .edge = "_count"})
        .status();
  }
  Values Call(const CallContext& context,
              absl::Span<const Value> inputs) override {
    return ops::MatMul(inputs[0], context.Read(kernel_));
  }

 private:
  const Options options_;
  std::shared_ptr<Variable> kernel_;
};

// Applies its children one after another.
class Chain : public Layer {
 public:
  explicit Chain(std::string name = "") : Layer(std::move(name)) {}
  absl::string_view class_name() const override { return "Chain"; }
  Config GetConfig() const override { return Config::Object{}; }
  using Layer::AddChild;
  using Layer::Label;
  using Layer::RemoveLastChild;

  // Calls this one too, though it is no child.
  std::shared_ptr<Layer> stranger;
  // Makes a child when it is built.
  bool make_child = false;
  absl::Status build_error;

 protected:
  absl::Status Build(absl::Span<const TensorSpec>) override {
    if (make_child) {
      const absl::Status added = AddChild("made", std::make_shared<Product>());
      if (!added.ok()) return added;
    }
    return build_error;
  }
  Values Call(const CallContext& context,
              absl::Span<const Value> inputs) override {
    Value value = inputs[0];
    for (const Child& child : children()) {
      value = child.layer->Apply(context, {value});
    }
    if (stranger != nullptr) value = stranger->Apply(context, {value});
    return value;
  }
};

TensorSpec Rows(int64_t columns) {
  return {DType::kFloat32, {kDynamic, columns}};
}

std::vector<std::string> PathsOf(const Layer& layer) {
  std::vector<std::string> paths;
  for (const Weight& weight : layer.weights()) paths.push_back(weight.path);
  return paths;
}

using Strings = std::vector<std::string>;

TEST(LayerTest, SnakeCaseIsKerass) {
  const std::map<std::string, std::string> names = {
      {"Dense", "dense"},
      {"Conv2D", "conv2d"},
      {"MaxPooling2D", "max_pooling2d"},
      {"BatchNormalization", "batch_normalization"},
      {"LSTM", "lstm"},
      {"LSTMCell", "lstm_cell"},
      {"PReLU", "p_re_lu"},
      {"Conv2DTranspose", "conv2d_transpose"},
      {"Custom>Swish", "swish"},
      {"InputLayer", "input_layer"},
  };
  for (const auto& [class_name, name] : names) {
    EXPECT_EQ(ToSnakeCase(class_name), name);
  }
}

TEST(LayerTest, WeightsAreMadeOnceWithThePathAndTheEdge) {
  Product product;
  EXPECT_FALSE(product.built());
  EXPECT_TRUE(product.weights().empty());
  ASSERT_TRUE(product.EnsureBuilt({Rows(3)}).ok());
  ASSERT_TRUE(product.EnsureBuilt({Rows(3)}).ok());
  EXPECT_TRUE(product.built());
  EXPECT_EQ(product.builds, 1);
  EXPECT_EQ(product.name(), "matrix_product2d");
  const std::vector<Weight> weights = product.weights();
  ASSERT_EQ(weights.size(), 2);
  EXPECT_EQ(weights[0].path, "kernel");
  EXPECT_EQ(weights[0].variable->name(), "kernel");
  EXPECT_EQ(weights[0].variable->spec(), TensorSpec({DType::kFloat32, {3, 2}}));
  EXPECT_TRUE(weights[0].trainable);
  EXPECT_EQ(weights[1].path, "count");
  EXPECT_FALSE(weights[1].trainable);
  EXPECT_EQ(weights[1].variable->value().values<float>()[0], 1);
  ASSERT_EQ(product.own_weights().size(), 2);
  EXPECT_EQ(product.own_weights()[0].first, "kernel");
  EXPECT_EQ(product.own_weights()[1].first, "_count");
}

TEST(LayerTest, PathsAreTheNamesFromTheRootDown) {
  const auto inner = std::make_shared<Chain>("inner");
  ASSERT_TRUE(
      inner->AddChild("p", std::make_shared<Product>(TestOptions{.units = 4}))
          .ok());
  Chain root("root");
  ASSERT_TRUE(root.AddChild("a", std::make_shared<Product>()).ok());
  ASSERT_TRUE(root.AddChild("b", inner).ok());
  ASSERT_TRUE(root.AddChild("c", std::make_shared<Product>()).ok());
  ASSERT_TRUE(root.EnsureBuilt({Rows(3)}).ok());
  EXPECT_EQ(
      PathsOf(root),
      Strings({"matrix_product2d/kernel", "matrix_product2d/count",
               "inner/matrix_product2d/kernel", "inner/matrix_product2d/count",
               "matrix_product2d_1/kernel", "matrix_product2d_1/count"}));
  for (const Weight& weight : root.weights()) {
    EXPECT_EQ(weight.variable->name(), weight.path);
  }
  EXPECT_EQ(root.children()[1].edge, "b");
  // The path is that from the layer asked.
  EXPECT_EQ(PathsOf(*inner),
            Strings({"matrix_product2d/kernel", "matrix_product2d/count"}));
}

TEST(LayerTest, NamesOfChildrenAreTheirOwnOrTheNextFree) {
  Chain root("root");
  ASSERT_TRUE(root.AddChild("0", std::make_shared<Product>()).ok());
  ASSERT_TRUE(root.AddChild("1", std::make_shared<Product>(
                                     TestOptions{.name = "matrix_product2d_1"}))
                  .ok());
  ASSERT_TRUE(root.AddChild("2", std::make_shared<Product>()).ok());
  EXPECT_EQ(root.children()[0].layer->name(), "matrix_product2d");
  EXPECT_EQ(root.children()[2].layer->name(), "matrix_product2d_2");
  EXPECT_EQ(root.AddChild("3", std::make_shared<Product>(
                                   TestOptions{.name = "matrix_product2d"}))
                .message(),
            "Chain \"root\": two layers are called \"matrix_product2d\"; give "
            "one of them another name");
  EXPECT_EQ(root.children().size(), 3);
  root.RemoveLastChild();
  EXPECT_EQ(root.children().size(), 2);
  EXPECT_EQ(root.Label(), "Chain \"root\"");
}

TEST(LayerTest, ALayerThatStandsTwiceHasItsWeightsOnce) {
  const auto shared = std::make_shared<Product>(TestOptions{.units = 3});
  Chain root;
  ASSERT_TRUE(root.AddChild("0", shared).ok());
  ASSERT_TRUE(root.AddChild("1", shared).ok());
  ASSERT_TRUE(root.EnsureBuilt({Rows(3)}).ok());
  EXPECT_EQ(shared->builds, 1);
  EXPECT_EQ(PathsOf(root),
            Strings({"matrix_product2d/kernel", "matrix_product2d/count"}));
  // Another root shares the weights and does not make them anew.
  Chain other;
  ASSERT_TRUE(other.AddChild("0", shared).ok());
  ASSERT_TRUE(other.EnsureBuilt({Rows(3)}, /*seed=*/9).ok());
  EXPECT_EQ(shared->builds, 1);
  EXPECT_EQ(other.weights()[0].variable, root.weights()[0].variable);
}

TEST(LayerTest, ALayerThatIsNotTrainedFreezesWhatIsBelow) {
  Chain root;
  ASSERT_TRUE(root.AddChild("0", std::make_shared<Product>(
                                     TestOptions{.trainable = false}))
                  .ok());
  ASSERT_TRUE(root.AddChild("1", std::make_shared<Product>()).ok());
  ASSERT_TRUE(root.EnsureBuilt({Rows(3)}).ok());
  const std::vector<Weight> weights = root.weights();
  EXPECT_FALSE(weights[0].trainable);
  // What the weight itself may be does not change.
  EXPECT_TRUE(weights[0].variable->trainable());
  EXPECT_TRUE(weights[2].trainable);
  EXPECT_FALSE(weights[3].trainable);
}

TEST(LayerTest, FirstValuesFollowFromSeedAndPath) {
  const auto kernel_of = [](uint64_t seed, const char* name) {
    Chain root;
    EXPECT_TRUE(
        root.AddChild("0", std::make_shared<Product>(TestOptions{.name = name}))
            .ok());
    EXPECT_TRUE(root.EnsureBuilt({Rows(5)}, seed).ok());
    return root.GetWeights()[0];
  };
  const Tensor first = kernel_of(1, "a");
  EXPECT_EQ(kernel_of(1, "a").bytes(), first.bytes());
  EXPECT_NE(kernel_of(2, "a").bytes(), first.bytes());
  EXPECT_NE(kernel_of(1, "b").bytes(), first.bytes());
}

TEST(LayerTest, WeightsThatAreGotAreCopiesAndCanBeSetAgain) {
  Product product;
  ASSERT_TRUE(product.EnsureBuilt({Rows(2)}).ok());
  const std::vector<Tensor> old = product.GetWeights();
  const Tensor kernel = Tensor::FromValues<float>({1, 2, 3, 4}, {2, 2});
  ASSERT_TRUE(product.SetWeights({kernel, Tensor::Scalar(7.0f)}).ok());
  ExpectClose(product.weights()[0].variable->value(), {1, 2, 3, 4});
  EXPECT_NE(old[0].bytes(), kernel.bytes());
  ASSERT_TRUE(product.SetWeights(old).ok());
  EXPECT_EQ(product.GetWeights()[0].bytes(), old[0].bytes());
}

TEST(LayerTest, WeightsThatDoNotFitChangeNothing) {
  Product product(TestOptions{.name = "p"});
  EXPECT_EQ(product.SetWeights({}).code(),
            absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(product.EnsureBuilt({Rows(2)}).ok());
  const std::vector<Tensor> old = product.GetWeights();
  const Tensor kernel = Tensor::FromValues<float>({1, 2, 3, 4}, {2, 2});
  EXPECT_EQ(product.SetWeights({kernel}).message(),
            "Test>MatrixProduct2D \"p\" has 2 weights, 1 values were given");
  // The first would fit.
  EXPECT_EQ(product.SetWeights({kernel, kernel}).message(),
            "Test>MatrixProduct2D \"p\": weight 1 \"count\" is float32 (), the "
            "value given is float32 (2, 2)");
  EXPECT_EQ(product.SetWeights({kernel, Tensor::Scalar<int32_t>(1)}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(product.GetWeights()[0].bytes(), old[0].bytes());
  EXPECT_EQ(product.GetWeights()[1].bytes(), old[1].bytes());
}

TEST(LayerTest, AFailedBuildLeavesTheLayerAsItWas) {
  Product product(TestOptions{.name = "p"});
  product.build_error = absl::InvalidArgumentError("too wide");
  const absl::Status error = product.EnsureBuilt({Rows(2)});
  EXPECT_EQ(error.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(error.message()).find("too wide"), std::string::npos);
  EXPECT_FALSE(product.built());
  EXPECT_TRUE(product.weights().empty());
  product.build_error = absl::OkStatus();
  ASSERT_TRUE(product.EnsureBuilt({Rows(4)}).ok());
  EXPECT_EQ(product.weights()[0].variable->spec().shape, Shape({4, 2}));

  Chain chain;
  chain.make_child = true;
  chain.build_error = absl::InvalidArgumentError("not today");
  EXPECT_FALSE(chain.EnsureBuilt({Rows(2)}).ok());
  EXPECT_TRUE(chain.children().empty());
  chain.build_error = absl::OkStatus();
  ASSERT_TRUE(chain.EnsureBuilt({Rows(2)}).ok());
  EXPECT_EQ(PathsOf(chain),
            Strings({"matrix_product2d/kernel", "matrix_product2d/count"}));
}

TEST(LayerTest, WhatIsWrongWithAWeightIsNamed) {
  Product twice(TestOptions{.name = "p"});
  twice.second_name = "kernel";
  const absl::Status error = twice.EnsureBuilt({Rows(2)});
  EXPECT_NE(std::string(error.message())
                .find("Test>MatrixProduct2D \"p\": two weights are called "
                      "\"kernel\""),
            std::string::npos)
      << error;
}

TEST(LayerTest, OnlyChildrenAreCalled) {
  Chain root("root");
  root.stranger = std::make_shared<Product>(TestOptions{.name = "other"});
  const absl::Status error = root.EnsureBuilt({Rows(2)});
  EXPECT_EQ(error.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(std::string(error.message())
                .find("Chain \"root\" calls Test>MatrixProduct2D \"other\", "
                      "which is not its child"),
            std::string::npos)
      << error;
}

TEST(LayerTest, AnErrorStopsWhatComesAfter) {
  Chain root;
  const auto first = std::make_shared<Product>();
  const auto second = std::make_shared<Product>();
  first->build_error = absl::InvalidArgumentError("no");
  ASSERT_TRUE(root.AddChild("0", first).ok());
  ASSERT_TRUE(root.AddChild("1", second).ok());
  EXPECT_FALSE(root.EnsureBuilt({Rows(2)}).ok());
  EXPECT_FALSE(second->built());
}

}  // namespace
}  // namespace cairn
