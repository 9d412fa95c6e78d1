#include "core/data/readers/idx.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/core/data/readers/files.h"

namespace cairn {
namespace {

// What is wrong with a file of these bytes.
absl::Status ErrorOf(const std::string& content) {
  const absl::StatusOr<Tensor> tensor =
      ReadIdx(WriteFile("wrong.idx", content));
  EXPECT_FALSE(tensor.ok());
  return tensor.status();
}

void ExpectDataLoss(const std::string& content, const std::string& text) {
  const absl::Status error = ErrorOf(content);
  EXPECT_EQ(error.code(), absl::StatusCode::kDataLoss) << error;
  EXPECT_NE(std::string(error.message()).find(text), std::string::npos)
      << error;
  EXPECT_NE(std::string(error.message()).find("wrong.idx: at byte "),
            std::string::npos)
      << error;
}

TEST(IdxTest, BytesAreReadPlainAndGzip) {
  const std::string content = Idx(0x08, {2, 3}, "abcdef");
  for (const std::string& file : {content, Gzip(content)}) {
    const absl::StatusOr<Tensor> tensor = ReadIdx(WriteFile("bytes", file));
    ASSERT_TRUE(tensor.ok()) << tensor.status();
    EXPECT_EQ(tensor->spec(), TensorSpec({DType::kUInt8, {2, 3}}));
    EXPECT_EQ(tensor->values<uint8_t>(),
              absl::Span<const uint8_t>({'a', 'b', 'c', 'd', 'e', 'f'}));
  }
}

TEST(IdxTest, EveryTypeIsReadFromBigEndian) {
  const auto read = [](uint8_t type, const std::string& values) {
    const absl::StatusOr<Tensor> tensor =
        ReadIdx(WriteFile("typed", Idx(type, {1}, values)));
    EXPECT_TRUE(tensor.ok()) << tensor.status();
    return *tensor;
  };
  EXPECT_EQ(read(0x09, "\xfe").values<int8_t>()[0], -2);
  EXPECT_EQ(read(0x0b, "\xfe\x01").values<int16_t>()[0], -511);
  EXPECT_EQ(read(0x0c, "\x01\x02\x03\x04").values<int32_t>()[0], 0x01020304);
  EXPECT_EQ(read(0x0d, std::string("\xc0\x20\0\0", 4)).values<float>()[0],
            -2.5f);
  EXPECT_EQ(
      read(0x0e, std::string("\x3f\xf8\0\0\0\0\0\0", 8)).values<double>()[0],
      1.5);
}

TEST(IdxTest, AFileCutAtAnyLengthIsDataLoss) {
  const std::string content = Idx(0x0b, {2, 2}, "abcdefgh");
  const std::string gzip = Gzip(content);
  for (size_t length = 0; length < content.size(); ++length) {
    ExpectDataLoss(content.substr(0, length), "the IDX data ends");
  }
  // Of two bytes it can be told that it is gzip.
  for (size_t length = 0; length < gzip.size(); ++length) {
    ExpectDataLoss(gzip.substr(0, length),
                   length < 2 ? "the IDX data ends" : "cut off");
  }
}

TEST(IdxTest, AnyByteOfAGzipFileThatIsOffIsAnErrorOrNoMatter) {
  const std::string content = Idx(0x08, {3, 5}, "fifteen letters");
  const std::string gzip = Gzip(content);
  for (size_t i = 0; i < gzip.size(); ++i) {
    std::string damaged = gzip;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    const absl::StatusOr<Tensor> tensor =
        ReadIdx(WriteFile("damaged", damaged));
    // Time, system and the like in the header say nothing of the content.
    const bool matters = i < 4 || i >= 10;
    EXPECT_EQ(tensor.ok(), !matters) << "byte " << i;
    if (!tensor.ok()) {
      EXPECT_EQ(tensor.status().code(), absl::StatusCode::kDataLoss);
    } else {
      EXPECT_EQ(tensor->bytes().size(), 15);
    }
  }
}

TEST(IdxTest, MoreThanTheHeaderPromisesIsDataLoss) {
  ExpectDataLoss(Idx(0x08, {2}, "abc"), "at byte 10: more follows");
  const std::string gzip = Gzip(Idx(0x08, {2}, "ab"));
  ExpectDataLoss(gzip + "x", "something other than gzip data follows");
  ExpectDataLoss(gzip + Gzip("c"), "more follows");
}

TEST(IdxTest, AWrongMagicNumberIsShown) {
  ExpectDataLoss("PK\x03\x04, a zip file",
                 "this is no IDX file: it starts with 50 4b 03 04");
  ExpectDataLoss(Idx(0x0a, {1}, "a"), "unknown IDX type 0a");
  ExpectDataLoss(Idx(0x08, {}, "a"), "rank 0");
}

TEST(IdxTest, DimensionsThatNoFileHoldsTakeNoMemory) {
  ExpectDataLoss(Idx(0x08, {0xffffffff}, "abc"), "the IDX data ends");
  ExpectDataLoss(Idx(0x0e, {0xffffffff, 0xffffffff}, "abc"),
                 "more values than any memory holds");
  ExpectDataLoss(Idx(0x08, {0xffffffff, 0xffffffff, 2}, ""),
                 "dimension 1 is 4294967295");
  // A zero does not hide the others.
  ExpectDataLoss(Idx(0x08, {0, 0xffffffff, 0xffffffff}, ""),
                 "more values than any memory holds");
  ExpectDataLoss(Idx(0x08, std::vector<uint32_t>(255, 2), ""),
                 "more values than any memory holds");
}

TEST(IdxTest, NoValuesAreNoError) {
  const absl::StatusOr<Tensor> tensor =
      ReadIdx(WriteFile("empty", Idx(0x0d, {0, 28, 28}, "")));
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(tensor->shape(), Shape({0, 28, 28}));
}

TEST(IdxTest, ALargeFileIsReadWhole) {
  std::string values(3 << 20, '\0');
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<char>(i * 31 >> 3);
  }
  const std::string content = Idx(0x08, {3, 1 << 20}, values);
  for (const std::string& file : {content, Gzip(content)}) {
    const absl::StatusOr<Tensor> tensor = ReadIdx(WriteFile("large", file));
    ASSERT_TRUE(tensor.ok()) << tensor.status();
    const absl::Span<const std::byte> bytes = tensor->bytes();
    EXPECT_TRUE(std::string(reinterpret_cast<const char*>(bytes.data()),
                            bytes.size()) == values);
  }
}

TEST(IdxTest, AFileThatIsNotThereIsNotFound) {
  const absl::Status error =
      ReadIdx(testing::TempDir() + "/nothing.idx").status();
  EXPECT_EQ(error.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(std::string(error.message()).find("nothing.idx"),
            std::string::npos);
}

}  // namespace
}  // namespace cairn
