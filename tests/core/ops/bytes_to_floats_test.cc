#include "core/ops/bytes_to_floats.h"

#include <vector>

#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(BytesToFloatsTest, EveryByteBecomesItsNumber) {
  std::vector<uint8_t> bytes(256);
  for (int i = 0; i < 256; ++i) bytes[i] = static_cast<uint8_t>(255 - i);
  std::vector<float> floats(256, -1);
  BytesToFloats(bytes.data(), floats.data(), 256);
  for (int i = 0; i < 256; ++i) EXPECT_EQ(floats[i], 255 - i);
}

TEST(BytesToFloatsTest, AnyCountFromAnyPlaceIsExactAndNothingElseIsWritten) {
  std::vector<uint8_t> bytes(100);
  for (int i = 0; i < 100; ++i) bytes[i] = static_cast<uint8_t>(i * 37);
  for (int begin = 0; begin < 3; ++begin) {
    for (int count = 0; count < 90; ++count) {
      std::vector<float> floats(100, -1);
      BytesToFloats(bytes.data() + begin, floats.data() + begin, count);
      for (int i = 0; i < 100; ++i) {
        ASSERT_EQ(floats[i], i < begin || i >= begin + count ? -1 : bytes[i])
            << i << " of " << count << " from " << begin;
      }
    }
  }
}

}  // namespace
}  // namespace cairn
