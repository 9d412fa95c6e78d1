#include "saving/codec/mark_ancestors.h"

#include <cstddef>

namespace cairn {

void MarkAncestors(const std::vector<GraphEdge>& edges,
                   std::vector<bool>& marked) {
  // Parents of all nodes in one list: those of node n from first[n] on, up to
  // first[n + 1].
  std::vector<int> first(marked.size() + 1);
  for (const auto& [from, to] : edges) ++first[to];
  int end = 0;
  for (int& place : first) place = end += place;
  std::vector<int> parents(edges.size());
  for (const auto& [from, to] : edges) parents[--first[to]] = from;

  std::vector<int> open;
  for (size_t node = 0; node < marked.size(); ++node) {
    if (marked[node]) open.push_back(static_cast<int>(node));
  }
  while (!open.empty()) {
    const int node = open.back();
    open.pop_back();
    for (int i = first[node]; i < first[node + 1]; ++i) {
      if (marked[parents[i]]) continue;
      marked[parents[i]] = true;
      open.push_back(parents[i]);
    }
  }
}

}  // namespace cairn
