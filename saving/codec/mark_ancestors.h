#ifndef CAIRN_SAVING_CODEC_MARK_ANCESTORS_H_
#define CAIRN_SAVING_CODEC_MARK_ANCESTORS_H_

#include <utility>
#include <vector>

namespace cairn {

// An edge of a graph, from the first node to the second.
using GraphEdge = std::pair<int, int>;

// Marks all nodes from which edges lead to one that is marked, over however
// many others and in circles too. REQUIRES: edges are between nodes of
// `marked`.
void MarkAncestors(const std::vector<GraphEdge>& edges,
                   std::vector<bool>& marked);

}  // namespace cairn

#endif  // CAIRN_SAVING_CODEC_MARK_ANCESTORS_H_
