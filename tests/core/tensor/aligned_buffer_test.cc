#include "core/tensor/aligned_buffer.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(AlignedBufferTest, BytesAreRoundedUpToCacheLines) {
  EXPECT_EQ(RoundUpToAlignment(0), 0);
  EXPECT_EQ(RoundUpToAlignment(1), 64);
  EXPECT_EQ(RoundUpToAlignment(64), 64);
  EXPECT_EQ(RoundUpToAlignment(65), 128);
}

TEST(AlignedBufferTest, BuffersAreAlignedAndZeroToTheirRoundedEnd) {
  for (const size_t bytes : {0, 1, 63, 64, 65, 1000, 100000}) {
    // A buffer that was used before does not come back as it was left.
    for (int turn = 0; turn < 3; ++turn) {
      const AlignedBuffer buffer = MakeAlignedBuffer(bytes);
      ASSERT_NE(buffer, nullptr);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.get()) % 64, 0);
      for (size_t i = 0; i < RoundUpToAlignment(bytes); ++i) {
        ASSERT_EQ(buffer[i], std::byte{0}) << i << " of " << bytes;
        buffer[i] = std::byte{0xff};
      }
    }
  }
}

TEST(AlignedBufferDeathTest, ASizeBeyondAllMemoryEndsTheProcess) {
  EXPECT_DEATH(MakeAlignedBuffer(SIZE_MAX), "check failed");
}

}  // namespace
}  // namespace cairn
