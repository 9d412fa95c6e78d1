#include "saving/codec/crc32c.h"

#include <string>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

uint32_t CrcOf(absl::string_view text, uint32_t crc = 0) {
  return Crc32c(
      absl::MakeConstSpan(reinterpret_cast<const std::byte*>(text.data()),
                          text.size()),
      crc);
}

// From RFC 3720, appendix B.4, and the usual check value.
TEST(Crc32cTest, ValuesAreThoseOfTheStandard) {
  EXPECT_EQ(CrcOf("123456789"), 0xe3069283u);
  EXPECT_EQ(CrcOf(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(CrcOf(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(CrcOf(""), 0u);
}

TEST(Crc32cTest, GoesOnFromAnotherPart) {
  const absl::string_view text = "123456789";
  for (size_t i = 0; i <= text.size(); ++i) {
    EXPECT_EQ(CrcOf(text.substr(i), CrcOf(text.substr(0, i))), 0xe3069283u);
  }
}

TEST(Crc32cTest, TwoAreJoined) {
  const absl::string_view text = "123456789";
  for (size_t i = 0; i <= text.size(); ++i) {
    EXPECT_EQ(JoinCrcs(CrcOf(text.substr(0, i)), CrcOf(text.substr(i)),
                       text.size() - i),
              0xe3069283u);
  }
  // Of a long one, parted at sizes about powers of two.
  std::string bytes(70000, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(i * i % 251);
  }
  const uint32_t whole = CrcOf(bytes);
  const absl::string_view all = bytes;
  for (const size_t size :
       {1, 255, 256, 257, 4095, 4096, 65535, 65536, 69999}) {
    EXPECT_EQ(JoinCrcs(CrcOf(all.substr(0, bytes.size() - size)),
                       CrcOf(all.substr(bytes.size() - size)), size),
              whole)
        << size;
  }
}

TEST(Crc32cTest, MaskIsTensorFlowsAndCanBeUndone) {
  EXPECT_EQ(MaskCrc(0), 0xa282ead8u);
  EXPECT_EQ(MaskCrc(0xe3069283u), 0xc78ab0e5u);
  for (const uint32_t crc : {0u, 1u, 0x80000000u, 0xe3069283u, 0xffffffffu}) {
    EXPECT_EQ(UnmaskCrc(MaskCrc(crc)), crc);
  }
}

}  // namespace
}  // namespace cairn
