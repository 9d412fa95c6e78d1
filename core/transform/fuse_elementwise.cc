#include "core/transform/fuse_elementwise.h"

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <set>
#include <utility>
#include <vector>

#include "core/graph/op.h"
#include "core/ops/elementwise_function.h"
#include "core/ops/elementwise_program.h"
#include "core/transform/rewrite.h"

namespace cairn {
namespace {

// Values by place that only grow, and the largest up to a place, each in a time
// that grows with the logarithm of their number: a Fenwick tree.
class PrefixMaximum {
 public:
  explicit PrefixMaximum(size_t size) : tree_(size + 1, -1) {}

  void RaiseTo(int32_t value, int32_t place) {
    for (size_t i = place + 1; i < tree_.size(); i += i & -i) {
      tree_[i] = std::max(tree_[i], value);
    }
  }

  // -1 where no value was raised.
  int32_t UpTo(int32_t place) const {
    int32_t largest = -1;
    for (size_t i = place + 1; i > 0; i -= i & -i) {
      largest = std::max(largest, tree_[i]);
    }
    return largest;
  }

 private:
  std::vector<int32_t> tree_;
};

// Nodes are put into units; what is in one unit becomes one node.
class Units {
 public:
  explicit Units(const Graph& graph)
      : graph_(graph),
        last_members_(graph.nodes().size()),
        seen_in_(graph.nodes().size(), 0) {
    for (size_t i = 0; i < graph.nodes().size(); ++i) {
      unit_of_.push_back(static_cast<int>(i));
      members_.push_back({static_cast<int32_t>(i)});
    }
    for (size_t i = 0; i < graph.nodes().size(); ++i) {
      if (CanFuse(graph.nodes()[i])) JoinProducers(static_cast<int32_t>(i));
    }
  }

  int count() const { return static_cast<int>(members_.size()); }
  int unit_of(int32_t node) const { return unit_of_[node]; }
  // In the order of the graph; empty for a unit that was joined to another.
  const std::vector<int32_t>& members(int unit) const { return members_[unit]; }
  // The units whose values this one reads.
  std::set<int> Dependencies(int unit) const {
    std::set<int> dependencies;
    for (const int32_t node : members_[unit]) {
      for (const ValueId input : graph_.nodes()[node].inputs) {
        if (unit_of_[input.node] != unit) {
          dependencies.insert(unit_of_[input.node]);
        }
      }
    }
    return dependencies;
  }

 private:
  static bool CanFuse(const Graph::Node& node) {
    return node.op->traits.elementwise &&
           node.outputs[0].dtype == DType::kFloat32 &&
           ElementCount(node.outputs[0].shape) > 1 &&
           FindElementwiseFunction(node.op->name).has_value();
  }

  // Every operand has the node's shape or is one element.
  bool IsPlain(const Graph::Node& node) const {
    return std::all_of(node.inputs.begin(), node.inputs.end(),
                       [&](ValueId input) {
                         const TensorSpec& spec = graph_.spec(input);
                         return spec.shape == node.outputs[0].shape ||
                                ElementCount(spec.shape) == 1;
                       });
  }

  void JoinProducers(int32_t index) {
    const Graph::Node& node = graph_.nodes()[index];
    if (!IsPlain(node)) return;
    for (const ValueId input : node.inputs) {
      const Graph::Node& producer = graph_.nodes()[input.node];
      if (!CanFuse(producer) || !IsPlain(producer) ||
          producer.outputs[0].shape != node.outputs[0].shape) {
        continue;
      }
      TryJoin(unit_of_[input.node], unit_of_[index]);
    }
  }

  void TryJoin(int a, int b) {
    if (a == b || members_[a].size() + members_[b].size() >
                      ElementwiseProgram::kMaxInstructions) {
      return;
    }
    // A way from one to the other through a third would become a cycle.
    if (ReachesThroughOthers(b, a) || ReachesThroughOthers(a, b)) return;
    for (const int32_t node : members_[b]) unit_of_[node] = a;
    members_[a].insert(members_[a].end(), members_[b].begin(),
                       members_[b].end());
    std::sort(members_[a].begin(), members_[a].end());
    members_[b].clear();
    last_members_.RaiseTo(members_[a].back(), members_[a].front());
  }

  // Whether `from` depends on `to` by way of another unit.
  bool ReachesThroughOthers(int from, int to) {
    ++search_;
    seen_in_[from] = search_;
    open_.clear();
    OpenDependencies(from, to);
    while (!open_.empty()) {
      const int unit = open_.back();
      open_.pop_back();
      if (OpenDependencies(unit, to)) return true;
    }
    return false;
  }

  // Adds to open_ what `unit` reads, but for `to`, for what this search has met
  // and for what cannot lead to `to`. Returns whether it reads `to`.
  bool OpenDependencies(int unit, int to) {
    bool reads = false;
    for (const int32_t node : members_[unit]) {
      for (const ValueId input : graph_.nodes()[node].inputs) {
        const int next = unit_of_[input.node];
        reads = reads || next == to;
        if (next == to || seen_in_[next] == search_) continue;
        seen_in_[next] = search_;
        if (HighestReached(next) >= members_[to].front()) open_.push_back(next);
      }
    }
    return reads;
  }

  // No later node can be reached from `unit`: a node reads earlier ones alone,
  // and from a unit that is reached the way goes on from its last member at
  // most.
  int32_t HighestReached(int unit) const {
    int32_t node = members_[unit].back();
    for (;;) {
      const int32_t next = last_members_.UpTo(node);
      if (next <= node) return node;
      node = next;
    }
  }

  const Graph& graph_;
  std::vector<int> unit_of_;
  std::vector<std::vector<int32_t>> members_;
  // By the first member of each unit that was joined, its last.
  PrefixMaximum last_members_;
  // Of the search for a way: its number, the number of the last search that met
  // each unit, and the units that it has still to look at.
  int search_ = 0;
  std::vector<int> seen_in_;
  std::vector<int> open_;
};

// Units in an order in which each follows what it reads, and otherwise near
// that of the graph.
std::vector<int> TopologicalOrder(const Units& units) {
  std::vector<int> missing(units.count(), 0);
  std::vector<std::vector<int>> readers(units.count());
  // By the place of a unit's last member.
  using Entry = std::pair<int32_t, int>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;
  for (int unit = 0; unit < units.count(); ++unit) {
    if (units.members(unit).empty()) continue;
    for (const int dependency : units.Dependencies(unit)) {
      readers[dependency].push_back(unit);
      ++missing[unit];
    }
    if (missing[unit] == 0) ready.push({units.members(unit).back(), unit});
  }
  std::vector<int> order;
  while (!ready.empty()) {
    const int unit = ready.top().second;
    ready.pop();
    order.push_back(unit);
    for (const int reader : readers[unit]) {
      if (--missing[reader] == 0) {
        ready.push({units.members(reader).back(), reader});
      }
    }
  }
  return order;
}

// Values that are read outside of their unit.
std::set<ValueId> ValuesReadOutside(const Graph& graph, const Units& units) {
  std::set<ValueId> values;
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    for (const ValueId input : graph.nodes()[i].inputs) {
      if (units.unit_of(input.node) != units.unit_of(static_cast<int32_t>(i))) {
        values.insert(input);
      }
    }
  }
  values.insert(graph.outputs().begin(), graph.outputs().end());
  for (const Graph::Update& update : graph.updates()) {
    values.insert(update.new_value);
  }
  return values;
}

void EmitFused(const Graph& graph, const std::vector<int32_t>& members,
               const std::set<ValueId>& outside, Rewrite& rewrite) {
  const Graph::Node& last = graph.nodes()[members.back()];
  const Shape& shape = last.outputs[0].shape;
  Graph::Node fused{.op = FindOp("_FusedElementwise"), .where = last.where};
  // Registers of inputs first, so they are collected before instructions.
  std::map<ValueId, int> register_of;
  for (const int32_t member : members) {
    for (const ValueId input : graph.nodes()[member].inputs) {
      const bool inside =
          std::binary_search(members.begin(), members.end(), input.node);
      if (inside || register_of.count(input) > 0) continue;
      register_of[input] = static_cast<int>(fused.inputs.size());
      fused.inputs.push_back(input);
    }
  }
  ElementwiseProgram program{.inputs = static_cast<int>(fused.inputs.size())};
  std::vector<ValueId> outputs;
  for (const int32_t member : members) {
    const Graph::Node& node = graph.nodes()[member];
    const int result =
        program.inputs + static_cast<int>(program.instructions.size());
    program.instructions.push_back(
        {*FindElementwiseFunction(node.op->name),
         register_of.at(node.inputs[0]),
         node.inputs.size() > 1 ? register_of.at(node.inputs[1]) : -1});
    register_of[{member, 0}] = result;
    if (outside.count({member, 0}) == 0) continue;
    program.outputs.push_back(result);
    outputs.push_back({member, 0});
    fused.outputs.push_back(node.outputs[0]);
  }
  fused.attrs["program"] = program.Encode();
  fused.attrs["shape"] = std::vector<int64_t>(shape.begin(), shape.end());
  const int32_t index = rewrite.Add(std::move(fused));
  for (size_t o = 0; o < outputs.size(); ++o) {
    rewrite.Replace(outputs[o], {index, static_cast<int32_t>(o)});
  }
}

}  // namespace

Graph FuseElementwise(const Graph& graph) {
  const Units units(graph);
  const std::set<ValueId> outside = ValuesReadOutside(graph, units);
  Rewrite rewrite(graph);
  for (const int unit : TopologicalOrder(units)) {
    const std::vector<int32_t>& members = units.members(unit);
    if (members.size() == 1)
      rewrite.Keep(members[0]);
    else
      EmitFused(graph, members, outside, rewrite);
  }
  return std::move(rewrite).Finish();
}

}  // namespace cairn
