#include "core/training/object_graph_builder.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "layers/dense.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

TEST(ObjectGraphBuilderTest, SharedObjectsAreOneAndNamesAreUnique) {
  const auto make = [] {
    auto dense = std::make_shared<Dense>(Dense::Options{.units = 2});
    EXPECT_TRUE(IsOk(dense->EnsureBuilt({{DType::kFloat32, {kDynamic, 3}}})));
    return dense;
  };
  const auto a = make(), b = make();
  Snapshot snapshot;
  ObjectGraphBuilder builder(snapshot);
  builder.AddLayer(ObjectGraphBuilder::kRoot, "a", *a);
  builder.AddLayer(ObjectGraphBuilder::kRoot, "again", *a);
  builder.AddLayer(ObjectGraphBuilder::kRoot, "b", *b);
  builder.AddVariable(ObjectGraphBuilder::kRoot, "kernel",
                      *a->weights()[0].variable, "other");
  const ObjectGraph& objects = snapshot.objects;
  EXPECT_EQ(objects.Find(0, "a"), objects.Find(0, "again"));
  EXPECT_EQ(objects.Find(0, "kernel"),
            objects.Find(objects.Find(0, "a"), "kernel"));
  EXPECT_EQ(objects.Find(0, "none"), -1);
  EXPECT_EQ(objects.Find(-1, "a"), -1);
  std::vector<std::string> names;
  for (const NamedTensor& tensor : snapshot.weights) {
    names.push_back(tensor.name);
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"kernel", "bias", "kernel_1", "bias_1"}));
}

}  // namespace
}  // namespace cairn
