#include "saving/codec/mark_ancestors.h"

#include <vector>

#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(MarkAncestorsTest, MarksWhatLeadsThere) {
  std::vector<bool> marked(7);
  marked[3] = true;
  // 0 leads over 1 and 2 to 3, in whatever order edges are told, and 3 itself
  // on to 4; 5 and 6 lead to each other alone.
  MarkAncestors({{2, 3}, {0, 1}, {1, 2}, {3, 4}, {5, 6}, {6, 5}}, marked);
  EXPECT_EQ(marked,
            (std::vector<bool>{true, true, true, true, false, false, false}));
}

TEST(MarkAncestorsTest, FollowsCirclesAndRepeatedEdges) {
  std::vector<bool> marked = {false, false, false, true};
  MarkAncestors({{0, 1}, {0, 1}, {1, 2}, {2, 0}, {2, 3}, {3, 3}}, marked);
  EXPECT_EQ(marked, std::vector<bool>(4, true));
}

TEST(MarkAncestorsTest, LastNodesAndNoneAtAll) {
  std::vector<bool> none;
  MarkAncestors({}, none);
  EXPECT_TRUE(none.empty());
  std::vector<bool> marked = {false, true};
  MarkAncestors({}, marked);
  EXPECT_EQ(marked, (std::vector<bool>{false, true}));
}

}  // namespace
}  // namespace cairn
