#include "core/data/readers/plain_or_gzip_file.h"

#include <algorithm>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "tests/core/data/readers/files.h"

namespace cairn {
namespace {

// The content, read in pieces of `piece` bytes, or the error.
absl::StatusOr<std::string> ReadInPieces(const std::string& path,
                                         size_t piece) {
  absl::StatusOr<PlainOrGzipFile> file = PlainOrGzipFile::Open(path);
  if (!file.ok()) return file.status();
  EXPECT_EQ(file->path(), path);
  std::string content, buffer(piece, '\0');
  for (;;) {
    EXPECT_EQ(file->position(), static_cast<int64_t>(content.size()));
    const absl::StatusOr<size_t> count = file->Read(
        {reinterpret_cast<std::byte*>(buffer.data()), buffer.size()});
    if (!count.ok()) return count.status();
    content.append(buffer, 0, *count);
    // Less than asked for is the end, and stays it.
    if (*count < piece) break;
  }
  EXPECT_EQ(*file->Read({reinterpret_cast<std::byte*>(buffer.data()), 1}), 0);
  return content;
}

// Compresses to about half.
std::string LongText() {
  std::string text;
  uint32_t state = 1;
  for (int i = 0; i < 300000; ++i) {
    state = state * 1664525 + 1013904223;
    text += static_cast<char>('a' + (state >> 28));
  }
  return text;
}

TEST(PlainOrGzipFileTest, ContentIsTheSamePlainOrGzipInAnyPieces) {
  for (const std::string& content : {std::string(), std::string("x"),
                                     std::string("some text"), LongText()}) {
    for (const size_t piece : {size_t{1000}, size_t{65536}, size_t{1000000}}) {
      for (const std::string& file : {content, Gzip(content)}) {
        const absl::StatusOr<std::string> read =
            ReadInPieces(WriteFile("content", file), piece);
        ASSERT_TRUE(read.ok()) << read.status();
        EXPECT_TRUE(*read == content) << content.size() << " in " << piece;
      }
    }
  }
  const absl::StatusOr<std::string> read =
      ReadInPieces(WriteFile("content", Gzip("byte by byte")), 1);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, "byte by byte");
}

TEST(PlainOrGzipFileTest, GzipMembersFollowEachOther) {
  const std::string first = LongText();
  const absl::StatusOr<std::string> read = ReadInPieces(
      WriteFile("members", Gzip(first) + Gzip("") + Gzip("second")), 4096);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(*read == first + "second");
}

TEST(PlainOrGzipFileTest, TheNameDoesNotMatter) {
  EXPECT_EQ(*ReadInPieces(WriteFile("named.gz", "not gzip"), 100), "not gzip");
}

TEST(PlainOrGzipFileTest, WhatIsLikeGzipForOneByteIsPlain) {
  EXPECT_EQ(*ReadInPieces(WriteFile("short", "\x1f"), 100), "\x1f");
  EXPECT_EQ(*ReadInPieces(WriteFile("other", "\x1fx"), 100), "\x1fx");
}

TEST(PlainOrGzipFileTest, CutOrDamagedGzipIsDataLossWithThePlace) {
  const std::string gzip = Gzip(LongText());
  const absl::Status cut =
      ReadInPieces(WriteFile("cut", gzip.substr(0, 70000)), 1000).status();
  EXPECT_EQ(cut.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(std::string(cut.message())
                .find("cut: at byte 70000 of the file: the gzip data is cut "
                      "off"),
            std::string::npos)
      << cut;
  std::string damaged = gzip;
  for (size_t i = 1000; i < 1016; ++i) damaged[i] = '\xff';
  EXPECT_EQ(ReadInPieces(WriteFile("damaged", damaged), 1000).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(PlainOrGzipFileTest, AMissingFileIsNotFoundAndAFolderNoFile) {
  const std::string missing = testing::TempDir() + "/missing";
  const absl::Status error = ReadInPieces(missing, 10).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(std::string(error.message()).find(missing), std::string::npos);
  EXPECT_FALSE(ReadInPieces(testing::TempDir(), 10).ok());
}

}  // namespace
}  // namespace cairn
