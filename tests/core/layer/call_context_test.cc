#include "core/layer/call_context.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/layer/layer.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

// Notes where it is called, and draws twice.
class Drawer : public Layer {
 public:
  explicit Drawer(std::string name) : Layer(std::move(name)) {}
  absl::string_view class_name() const override { return "Drawer"; }
  Config GetConfig() const override { return Config::Object{}; }
  using Layer::AddChild;

  std::vector<std::string> paths;
  std::vector<int64_t> keys;

 protected:
  Values Call(const CallContext& context,
              absl::Span<const Value> inputs) override {
    paths.push_back(context.path());
    if (context.training()) {
      for (int i = 0; i < 2; ++i) {
        const RandomSource source = context.NextRandomSource();
        EXPECT_EQ(source.counter.spec(), TensorSpec({DType::kInt64, {}}));
        keys.push_back(source.key);
      }
    }
    Value value = inputs[0];
    for (const Child& child : children()) {
      value = child.layer->Apply(context, {value});
    }
    return value;
  }
};

// Three layers: "root" over "middle" over "leaf", the last called twice.
struct Tree {
  Tree() {
    EXPECT_TRUE(root->AddChild("m", middle).ok());
    EXPECT_TRUE(middle->AddChild("l", leaf).ok());
    EXPECT_TRUE(middle->AddChild("l2", leaf).ok());
  }
  void Apply(uint64_t seed, bool training) {
    GraphBuilder builder;
    Trace trace{.builder = &builder, .training = training, .seed = seed};
    trace.random_counter = builder.AddInput("counter", {DType::kInt64, {}});
    const Value x = builder.AddInput("x", {DType::kFloat32, {kDynamic, 2}});
    root->Apply(CallContext(&trace), {x});
    EXPECT_TRUE(builder.status().ok()) << builder.status();
  }
  const std::shared_ptr<Drawer> root = std::make_shared<Drawer>("root");
  const std::shared_ptr<Drawer> middle = std::make_shared<Drawer>("middle");
  const std::shared_ptr<Drawer> leaf = std::make_shared<Drawer>("leaf");
};

TEST(CallContextTest, ThePathLeadsFromTheRootWhichHasNone) {
  Tree tree;
  tree.Apply(1, /*training=*/false);
  EXPECT_EQ(tree.root->paths, std::vector<std::string>({""}));
  EXPECT_EQ(tree.middle->paths, std::vector<std::string>({"middle"}));
  EXPECT_EQ(tree.leaf->paths,
            std::vector<std::string>({"middle/leaf", "middle/leaf"}));
  EXPECT_TRUE(tree.leaf->keys.empty());
}

TEST(CallContextTest, EveryDrawHasAStreamOfItsOwnThatASecondTraceRepeats) {
  Tree tree;
  tree.Apply(1, /*training=*/true);
  std::set<int64_t> keys;
  for (const Drawer* layer :
       {tree.root.get(), tree.middle.get(), tree.leaf.get()}) {
    keys.insert(layer->keys.begin(), layer->keys.end());
  }
  EXPECT_EQ(keys.size(), 8);

  Tree again, other;
  again.Apply(1, /*training=*/true);
  other.Apply(2, /*training=*/true);
  EXPECT_EQ(again.leaf->keys, tree.leaf->keys);
  for (const int64_t key : other.leaf->keys) EXPECT_EQ(keys.count(key), 0);
}

TEST(CallContextTest, VariablesAreReadAndUpdatedInTheTracesGraph) {
  const auto variable = std::make_shared<Variable>(
      "v", TensorSpec{DType::kFloat32, {2}}, /*trainable=*/false);
  GraphBuilder builder;
  Trace trace{.builder = &builder, .seed = 5};
  const CallContext context(&trace);
  EXPECT_EQ(context.seed(), 5);
  EXPECT_EQ(&context.builder(), &builder);
  const Value read = context.Read(variable);
  context.Update(variable, read);
  EXPECT_TRUE(builder.PendingUpdate(*variable).valid());
}

}  // namespace
}  // namespace cairn
