#include "saving/codec/packed_text.h"

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

constexpr size_t kLeast = 64 * 1024;
constexpr size_t kLargest = 1024 * 1024;

void ExpectRefused(absl::string_view packed, absl::string_view reason) {
  const absl::Status status = UnpackText(packed).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_NE(status.message().find(reason), absl::string_view::npos) << status;
}

std::string Json(size_t size) {
  std::string json = "[";
  while (json.size() < size) absl::StrAppend(&json, json.size(), ",");
  json.resize(size);
  return json;
}

// What no packer makes smaller.
std::string Random(size_t size) {
  std::mt19937 bits(1);
  std::string text;
  while (text.size() < size) text.push_back(static_cast<char>(bits()));
  return text;
}

TEST(PackedTextTest, TextsComeBack) {
  for (const std::string& text :
       {std::string(), Json(1), Json(kLeast - 1), Json(kLeast),
        Json(kLeast + 1), Json(3 * kLeast), std::string(kLargest, ' '),
        std::string(kLargest + 1, ' '), Random(kLeast)}) {
    const auto unpacked = UnpackText(PackText(text));
    ASSERT_TRUE(unpacked.ok()) << unpacked.status();
    EXPECT_TRUE(*unpacked == text) << "of " << text.size() << " bytes";
  }
}

TEST(PackedTextTest, OnlyLargeTextsArePacked) {
  EXPECT_EQ(PackText("{}"), "{}");
  EXPECT_EQ(PackText(Json(kLeast - 1)), Json(kLeast - 1));
  EXPECT_LT(PackText(Json(kLeast)).size(), kLeast / 2);
  EXPECT_LT(PackText(std::string(kLargest, ' ')).size(), kLargest / 2);
  EXPECT_EQ(PackText(std::string(kLargest + 1, ' ')).size(), kLargest + 1);
}

TEST(PackedTextTest, EveryFlippedBitOfWhatIsPackedIsFound) {
  const std::string text(kLeast, ' ');
  std::string packed = PackText(text);
  ASSERT_LT(packed.size(), 200);
  // Of the header's ten bytes nothing but the first three is tested: the
  // others say when and where the file was made.
  for (size_t bit = 0; bit < 8 * packed.size(); ++bit) {
    packed[bit / 8] ^= 1 << bit % 8;
    const auto unpacked = UnpackText(packed);
    EXPECT_TRUE(!unpacked.ok() || *unpacked == text ||
                absl::string_view(packed).substr(0, 2) != "\x1f\x8b")
        << "bit " << bit;
    packed[bit / 8] ^= 1 << bit % 8;
  }
}

TEST(PackedTextTest, TruncatedAndExtendedTextsAreRefused) {
  const std::string packed = PackText(std::string(kLeast, ' '));
  for (size_t size = 2; size < packed.size(); ++size) {
    ExpectRefused(packed.substr(0, size), "cut off");
  }
  ExpectRefused(packed + '\0', "behind its end");
  ExpectRefused(packed + packed, "behind its end");
}

TEST(PackedTextTest, SmallFilesMakeNoHugeTexts) {
  // A member of stored blocks: each says its size twice and then has its bytes.
  const auto stored = [](size_t blocks) {
    std::string file("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
    for (size_t i = 0; i < blocks; ++i) {
      file.append("\0\xff\xff\0\0", 5);
      file.append(0xffff, 'a');
    }
    return file;
  };
  ExpectRefused(stored(3), "cut off");
  ExpectRefused(stored(kLargest / 0xffff + 2), "more than 1 MiB");
  ExpectRefused(stored(2 * kLargest / 0xffff + 2), "more than 1 MiB");
}

}  // namespace
}  // namespace cairn
