#include "saving/codec/string_elements.h"

#include <string>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "saving/codec/crc32c.h"

namespace cairn {
namespace {

TEST(StringElementsTest, ATextInPiecesIsATextAsAWhole) {
  for (const size_t size : {0, 1, 127, 128, 100'000}) {
    absl::Cord pieces;
    std::string whole;
    for (size_t i = 0; i < size; ++i) {
      whole.push_back(static_cast<char>('a' + i % 23));
    }
    // Not one piece: those of a Cord hold a few thousand bytes.
    for (size_t at = 0; at < size; at += 777) {
      pieces.Append(absl::string_view(whole).substr(at, 777));
    }
    const EncodedStrings encoded = EncodeString(pieces);
    const EncodedStrings expected = EncodeStrings({whole});
    EXPECT_EQ(encoded.bytes, expected.bytes);
    EXPECT_EQ(encoded.crc, expected.crc);
    const auto decoded =
        DecodeStrings(encoded.bytes, 1, false, MaskCrc(encoded.crc));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, std::vector<std::string>{whole});
  }
}

}  // namespace
}  // namespace cairn
