#include "saving/trackable_objects.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/saving/small_snapshot.h"

namespace cairn {
namespace {

using Kind = ObjectGraph::Kind;

// "part name <- key" of each tensor, in order.
std::vector<std::string> Lines(const std::vector<TrackableTensor>& tensors) {
  std::vector<std::string> lines;
  for (const TrackableTensor& tensor : tensors) {
    const char* part = tensor.part == Part::kWeights     ? "weight "
                       : tensor.part == Part::kOptimizer ? "optimizer "
                                                         : "extra ";
    lines.push_back(absl::StrCat(part, tensor.name, " <- ", tensor.key));
  }
  return lines;
}

// A graph by its edges: "from.name" is given what it leads to. Nodes are
// numbered as they are first named; a name that ends in "!" is a variable of
// that key.
class Nodes {
 public:
  Nodes() { Id("root"); }
  Nodes& Edge(const std::string& from, const std::string& name,
              const std::string& to) {
    const int source = Id(from), target = Id(to);
    nodes_[source].children.emplace_back(name, target);
    return *this;
  }
  Nodes& FullName(const std::string& variable, const std::string& full_name) {
    nodes_[Id(variable)].full_name = full_name;
    return *this;
  }
  const std::vector<TrackableNode>& nodes() const { return nodes_; }

 private:
  int Id(const std::string& name) {
    const auto [known, is_new] =
        ids_.emplace(name, static_cast<int>(nodes_.size()));
    if (is_new) {
      nodes_.emplace_back();
      if (name.back() == '!') {
        nodes_.back().checkpoint_key = absl::StrCat(
            name.substr(0, name.size() - 1), "/.ATTRIBUTES/VARIABLE_VALUE");
      }
    }
    return known->second;
  }

  std::map<std::string, int> ids_;
  std::vector<TrackableNode> nodes_;
};

// The tensor at the end of the edges, "none" if one is missing.
std::string Follow(const ObjectGraph& graph,
                   const std::vector<std::string>& edges) {
  int node = 0;
  for (const std::string& name : edges) {
    int next = -1;
    for (const ObjectGraph::Edge& edge : graph.nodes[node].edges) {
      if (edge.name == name) next = edge.node;
    }
    if (next < 0) return "none";
    node = next;
  }
  return graph.nodes[node].kind == Kind::kVariable ? graph.nodes[node].tensor
                                                   : "no variable";
}

TEST(ToTrackableTest, KeysAreTheShortestPathsInTensorFlowsOrder) {
  EXPECT_EQ(Lines(ToTrackable(SmallSnapshot(1)).tensors),
            (std::vector<std::string>{
                "extra save_counter <- save_counter/.ATTRIBUTES/VARIABLE_VALUE",
                "optimizer iterations <- "
                "optimizer/_iterations/.ATTRIBUTES/VARIABLE_VALUE",
                "optimizer learning_rate <- "
                "optimizer/_learning_rate/.ATTRIBUTES/VARIABLE_VALUE",
                "weight dense/kernel <- "
                "model/layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE",
                "weight dense/bias <- "
                "model/layer_with_weights-0/bias/.ATTRIBUTES/VARIABLE_VALUE",
                "optimizer m/dense/kernel <- "
                "optimizer/momentums/0/.ATTRIBUTES/VARIABLE_VALUE"}));
}

TEST(ToTrackableTest, EdgesFitKeras2AndKeras3) {
  const TrackableObjects objects = ToTrackable(SmallSnapshot(1));
  const auto edges = [&](int node) {
    std::vector<std::string> lines;
    for (const auto& [name, child] : objects.nodes[node].children) {
      lines.push_back(absl::StrCat(name, "=", child));
    }
    return lines;
  };
  using Lines = std::vector<std::string>;
  EXPECT_EQ(edges(0), (Lines{"model=1", "optimizer=2", "save_counter=3"}));
  // The Dense has two names, and comes after the Flatten before it.
  EXPECT_EQ(edges(1), (Lines{"layer-0=4", "layer_with_weights-0=5", "layer-1=5",
                             "_functional=6"}));
  EXPECT_EQ(edges(6), (Lines{"_operations=12"}));
  // Place 0 is Keras 3's InputLayer.
  EXPECT_EQ(edges(12), (Lines{"1=4", "2=5"}));
  EXPECT_EQ(edges(5),
            (Lines{"kernel=10", "_kernel=10", "bias=11", "_bias=11"}));
  EXPECT_EQ(edges(2),
            (Lines{"_iterations=7", "_learning_rate=8", "momentums=9"}));
}

TEST(ToTrackableTest, NamesAreThoseOfKeras2) {
  std::map<std::string, std::string> names;
  for (const TrackableNode& node : ToTrackable(SmallSnapshot(1)).nodes) {
    if (!node.full_name.empty()) names[node.checkpoint_key] = node.full_name;
  }
  const auto name = [&](const std::string& path) {
    return names[absl::StrCat(path, "/.ATTRIBUTES/VARIABLE_VALUE")];
  };
  EXPECT_EQ(name("optimizer/_iterations"), "iteration");
  EXPECT_EQ(name("optimizer/_learning_rate"), "learning_rate");
  EXPECT_EQ(name("optimizer/momentums/0"), "Adam/m/dense/kernel");
  EXPECT_EQ(name("model/layer_with_weights-0/kernel"), "dense/kernel");
  EXPECT_EQ(name("save_counter"), "save_counter");
}

TEST(ToTrackableTest, AVariableOfTwoLayersIsOneTensor) {
  Snapshot snapshot = SmallWeights(1);
  // The Flatten gets the Dense's kernel too.
  snapshot.objects.Mutable().nodes[1].edges.push_back({"tied", 3});
  ASSERT_EQ(snapshot.objects->nodes[3].tensor, "dense/kernel");
  const TrackableObjects objects = ToTrackable(snapshot);
  EXPECT_EQ(Lines(objects.tensors),
            (std::vector<std::string>{
                "weight dense/kernel <- "
                "layer_with_weights-0/tied/.ATTRIBUTES/VARIABLE_VALUE",
                "weight dense/bias <- "
                "layer_with_weights-1/bias/.ATTRIBUTES/VARIABLE_VALUE"}));
}

TEST(ToTrackableTest, SlashesAndDotsOfEdgesAreEscaped) {
  Snapshot snapshot;
  snapshot.weights.Mutable().push_back({"w", Tensor::Scalar<float>(1)});
  snapshot.objects.Mutable().nodes = {
      {.edges = {{"a/b.c", 1}}},
      {.kind = Kind::kVariable, .tensor = "w"},
  };
  EXPECT_EQ(ToTrackable(snapshot).tensors[0].key,
            "a.Sb..c/.ATTRIBUTES/VARIABLE_VALUE");
}

TEST(ToTrackableTest, WhatTheModelHasIsItsWeightWhateverElseLeadsToIt) {
  Snapshot snapshot = SmallSnapshot(1);
  // As Keras 3's optimizers list the variables they train.
  ObjectGraph& graph = snapshot.objects.Mutable();
  int optimizer = 0, kernel = 0;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].class_name == "Adam") optimizer = static_cast<int>(i);
    if (graph.nodes[i].tensor == "dense/kernel") kernel = static_cast<int>(i);
  }
  graph.nodes[optimizer].edges.insert(graph.nodes[optimizer].edges.begin(),
                                      {"trained", kernel});
  int found = 0;
  for (const TrackableTensor& tensor : ToTrackable(snapshot).tensors) {
    if (tensor.name != "dense/kernel") continue;
    ++found;
    EXPECT_EQ(tensor.part, Part::kWeights);
  }
  EXPECT_EQ(found, 1);
}

TEST(VisitTrackableTest, SaysWhatHasValuesAndWhereTheyAre) {
  Snapshot snapshot = SmallSnapshot(1);
  int without = 0;
  VisitTrackable(snapshot, [&](const TrackableNode& node, bool has_values,
                               const TrackableTensor* tensor) {
    if (!has_values) ++without;
    EXPECT_EQ(tensor == nullptr, node.checkpoint_key.empty());
    if (tensor == nullptr) return;
    EXPECT_TRUE(has_values);
    EXPECT_EQ(tensor->key, node.checkpoint_key);
    // The save counter has none in the snapshot's lists.
    EXPECT_EQ(tensor->value, snapshot.FindTensor(tensor->name)) << tensor->key;
    EXPECT_EQ(tensor->value == nullptr, tensor->part == Part::kExtras);
  });
  EXPECT_EQ(without, 1) << "the Flatten alone";
}

// As ToTrackable() and EncodeTrackableObjectGraph(), which finds out by itself
// what has values.
TEST(VisitTrackableTest, GivesTheSameGraphAsAllAtOnce) {
  const Snapshot snapshot = SmallSnapshot(1);
  TrackableObjectGraphEncoder encoder;
  VisitTrackable(
      snapshot, [&](const TrackableNode& node, bool has_values,
                    const TrackableTensor*) { encoder.Add(node, has_values); });
  EXPECT_EQ(std::string(encoder.Finish()),
            EncodeTrackableObjectGraph(ToTrackable(snapshot).nodes));
}

TEST(ToTrackableTest, VariablesWithoutValuesAreLeftOut) {
  Snapshot snapshot = SmallSnapshot(1);
  auto& weights = snapshot.weights.Mutable();
  ASSERT_EQ(weights[1].name, "dense/bias");
  weights.erase(weights.begin() + 1);
  const TrackableObjects objects = ToTrackable(snapshot);
  EXPECT_EQ(objects.tensors.size(), 5u);
  for (const TrackableTensor& tensor : objects.tensors) {
    EXPECT_NE(tensor.name, "dense/bias");
  }
}

TEST(ToTrackableTest, OfTensorsOfOneNameTheFirstCounts) {
  Snapshot snapshot;
  snapshot.weights = std::vector<NamedTensor>{{"w", Tensor::Scalar<float>(1)},
                                              {"w", Tensor::Scalar<float>(2)}};
  snapshot.objects.Mutable().nodes = {{.edges = {{"a", 1}}},
                                      {.kind = Kind::kVariable, .tensor = "w"}};
  snapshot.save_counter = -1;
  VisitTrackable(
      snapshot, [&](const TrackableNode&, bool, const TrackableTensor* tensor) {
        if (tensor == nullptr) return;
        EXPECT_EQ(tensor->value, &snapshot.weights->front().value);
      });
}

TEST(FromTrackableTest, GivesBackWhatWasWritten) {
  const SnapshotObjects found =
      FromTrackable(ToTrackable(SmallSnapshot(1)).nodes);
  EXPECT_EQ(Follow(found.objects, {"model", "1", "kernel"}), "dense/kernel");
  EXPECT_EQ(Follow(found.objects, {"model", "1", "bias"}), "dense/bias");
  EXPECT_EQ(Follow(found.objects, {"model", "0", "kernel"}), "none");
  EXPECT_EQ(Follow(found.objects, {"optimizer", "iterations"}), "iterations");
  EXPECT_EQ(Follow(found.objects, {"optimizer", "momentums", "0"}),
            "m/dense/kernel");
  EXPECT_EQ(Lines(found.tensors).size(), 6u);
}

TEST(FromTrackableTest, ReadsKeras2) {
  Nodes nodes;
  nodes.Edge("root", "model", "model")
      .Edge("root", "optimizer", "adam")
      .Edge("root", "save_counter", "save_counter!")
      .Edge("model", "layer_with_weights-0", "dense")
      .Edge("model", "layer-0", "dense")
      .Edge("model", "layer-1", "dropout")
      .Edge("dense", "kernel", "k!")
      .FullName("k!", "dense/kernel")
      .Edge("adam", "_variables", "variables")
      .Edge("variables", "0", "i!")
      .Edge("variables", "1", "m!")
      .Edge("adam", "_iterations", "i!")
      .Edge("adam", "_momentums", "momentums")
      .Edge("momentums", "0", "m!")
      .FullName("i!", "iteration")
      .FullName("m!", "Adam/m/dense/kernel");
  const SnapshotObjects found = FromTrackable(nodes.nodes());
  EXPECT_EQ(Follow(found.objects, {"model", "0", "kernel"}), "dense/kernel");
  EXPECT_EQ(Follow(found.objects, {"optimizer", "iterations"}), "iterations");
  EXPECT_EQ(Follow(found.objects, {"optimizer", "_momentums", "0"}),
            "m/dense/kernel");
  EXPECT_EQ(Lines(found.tensors),
            (std::vector<std::string>{
                "weight dense/kernel <- k/.ATTRIBUTES/VARIABLE_VALUE",
                "optimizer iterations <- i/.ATTRIBUTES/VARIABLE_VALUE",
                "optimizer m/dense/kernel <- m/.ATTRIBUTES/VARIABLE_VALUE",
                "extra save_counter <- "
                "save_counter/.ATTRIBUTES/VARIABLE_VALUE"}));
}

TEST(FromTrackableTest, ReadsKeras3) {
  Nodes nodes;
  nodes.Edge("root", "model", "model")
      .Edge("root", "optimizer", "adam")
      .Edge("model", "optimizer", "adam")
      .Edge("model", "_functional", "functional")
      .Edge("functional", "_operations", "operations")
      .Edge("operations", "0", "input")
      .Edge("operations", "1", "dense")
      .Edge("dense", "_kernel", "k!")
      .FullName("k!", "sequential/dense/kernel")
      .Edge("adam", "_trainable_variables", "trained")
      .Edge("trained", "0", "k!")
      .Edge("adam", "_iterations", "i!")
      .Edge("root", "step", "s!")
      .FullName("s!", "Variable");
  const SnapshotObjects found = FromTrackable(nodes.nodes());
  EXPECT_EQ(Follow(found.objects, {"model", "0", "kernel"}),
            "sequential/dense/kernel");
  EXPECT_EQ(Follow(found.objects, {"model", "1", "kernel"}), "none");
  EXPECT_EQ(Follow(found.objects, {"model", "optimizer"}), "none");
  // Its own name is none that anything could be told by.
  EXPECT_EQ(Lines(found.tensors).back(),
            "extra s <- s/.ATTRIBUTES/VARIABLE_VALUE");
}

TEST(FromTrackableTest, ARootThatIsTheModelIsTheModel) {
  Nodes nodes;
  nodes.Edge("root", "root", "root")
      .Edge("root", "layer-0", "dense")
      .Edge("root", "optimizer", "sgd")
      .Edge("dense", "kernel", "k!")
      .Edge("sgd", "_iterations", "i!");
  const SnapshotObjects found = FromTrackable(nodes.nodes());
  EXPECT_EQ(Follow(found.objects, {"model", "0", "kernel"}), "k");
  EXPECT_EQ(Follow(found.objects, {"optimizer", "iterations"}), "i");
}

TEST(FromTrackableTest, NamesThatAreNotUniqueGiveWayToKeys) {
  Nodes nodes;
  nodes.Edge("root", "a", "x!")
      .Edge("root", "b", "y!")
      .Edge("root", "c", "z!")
      .FullName("x!", "kernel")
      .FullName("y!", "kernel")
      // A name that is another's key.
      .FullName("z!", "x");
  std::vector<std::string> names;
  for (const auto& tensor : FromTrackable(nodes.nodes()).tensors) {
    names.push_back(tensor.name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"x/.ATTRIBUTES/VARIABLE_VALUE",
                                             "y", "z"}));
}

TEST(FromTrackableTest, NothingGivesNothing) {
  EXPECT_TRUE(FromTrackable({}).objects.nodes.empty());
  const SnapshotObjects root = FromTrackable({TrackableNode()});
  EXPECT_EQ(root.objects.nodes.size(), 2u);
  EXPECT_TRUE(root.tensors.empty());
}

}  // namespace
}  // namespace cairn
