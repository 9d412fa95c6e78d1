#include "saving/codec/slice_key.h"

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

std::string HexKey(absl::string_view name,
                   absl::Span<const SliceExtent> extents) {
  return absl::BytesToHexString(SliceKey(name, extents));
}

TEST(SliceKeyTest, ConsistsOfNameRankAndExtents) {
  EXPECT_EQ(HexKey("w", {{0, 2}, {0, -1}}), "0077000101028082807f");
  EXPECT_EQ(HexKey("w", {}), "0077000100");
}

TEST(SliceKeyTest, EscapesBytesThatEndAName) {
  EXPECT_EQ(HexKey(absl::string_view("a\0b\xff", 4), {}),
            "006100ff62ff00000100");
}

TEST(SliceKeyTest, LargeNumbersTakeMoreBytes) {
  EXPECT_EQ(HexKey("", {{63, 64}}), "0000010101bfc040");
  EXPECT_EQ(HexKey("", {{100, 8191}}), "0000010101c064dfff");
  EXPECT_EQ(HexKey("", {{8192, 1 << 20}}), "0000010101e02000f0100000");
}

TEST(SliceKeyTest, KeysSortAsNumbersDo) {
  std::string last;
  for (int shift = 0; shift < 63; ++shift) {
    const std::string key = SliceKey("w", {{int64_t{1} << shift, -1}});
    EXPECT_LT(last, key) << shift;
    last = key;
  }
}

}  // namespace
}  // namespace cairn
