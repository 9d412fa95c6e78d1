#include "saving/codec/index_table.h"

#include <map>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "leveldb/env.h"
#include "leveldb/filter_policy.h"
#include "leveldb/options.h"
#include "leveldb/table_builder.h"
#include "saving/codec/crc32c.h"
#include "saving/codec/varint.h"
#include "tests/saving/codec/encoded_index.h"

namespace cairn {
namespace {

using Entries = std::map<std::string, std::string>;

// What the codec decodes, or no entries and the error in the test's output.
Entries Decoded(absl::string_view file) {
  const auto entries = DecodeIndexTable(file);
  EXPECT_TRUE(entries.ok()) << entries.status();
  return entries.ok() ? Entries(entries->begin(), entries->end()) : Entries();
}

void ExpectRefused(absl::string_view file, absl::string_view reason) {
  const absl::Status status = DecodeIndexTable(file).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_NE(status.message().find(reason), absl::string_view::npos) << status;
}

Entries SomeEntries(int count, size_t value_size) {
  Entries entries = {{"", "header"}};
  for (int i = 0; i < count; ++i) {
    entries[absl::StrCat("key/", i)] = std::string(value_size, 'a' + i % 26);
  }
  return entries;
}

class Sink : public leveldb::WritableFile {
 public:
  leveldb::Status Append(const leveldb::Slice& data) override {
    bytes.append(data.data(), data.size());
    return leveldb::Status::OK();
  }
  leveldb::Status Close() override { return leveldb::Status::OK(); }
  leveldb::Status Flush() override { return leveldb::Status::OK(); }
  leveldb::Status Sync() override { return leveldb::Status::OK(); }
  std::string bytes;
};

// As other programs may write a table.
std::string Built(const Entries& entries, const leveldb::Options& options) {
  Sink sink;
  leveldb::TableBuilder builder(options, &sink);
  for (const auto& [key, value] : entries) builder.Add(key, value);
  EXPECT_TRUE(builder.Finish().ok());
  return sink.bytes;
}

leveldb::Options Compressed() {
  leveldb::Options options;
  options.block_size = 300;
  options.compression = leveldb::kSnappyCompression;
  return options;
}

std::string Varints(std::initializer_list<uint64_t> values) {
  std::string bytes;
  for (const uint64_t value : values) AppendVarint(value, &bytes);
  return bytes;
}

// A block of entries without restarts but the first.
std::string BlockOf(absl::string_view entries) {
  return absl::StrCat(entries, absl::string_view("\0\0\0\0\1\0\0\0", 8));
}

std::string WithTrailer(std::string block, char compression = 0) {
  block.push_back(compression);
  AppendFixed32(
      MaskCrc(Crc32c(absl::MakeConstSpan(
          reinterpret_cast<const std::byte*>(block.data()), block.size()))),
      &block);
  return block;
}

std::string Footer(const std::string& places) {
  std::string footer = places;
  footer.resize(40, '\0');
  return footer + "\x57\xfb\x80\x8b\x24\x75\x47\xdb";
}

// A table whose one data block, with its trailer, is `data`, and whose index
// says `place` of it.
std::string TableAround(const std::string& data, const std::string& place) {
  const std::string metaindex = WithTrailer(BlockOf(""));
  const std::string index = WithTrailer(
      BlockOf(absl::StrCat(Varints({0, 1, place.size()}), "z", place)));
  return absl::StrCat(
      data, metaindex, index,
      Footer(Varints({data.size(), metaindex.size() - 5,
                      data.size() + metaindex.size(), index.size() - 5})));
}

std::string TableAround(const std::string& data) {
  return TableAround(data, Varints({0, data.size() - 5}));
}

TEST(IndexTableTest, EntriesComeBack) {
  for (const Entries& entries : {Entries(), SomeEntries(0, 0),
                                 SomeEntries(100, 0), SomeEntries(2000, 500)}) {
    EXPECT_EQ(Decoded(EncodedIndex(entries)), entries);
  }
}

TEST(IndexTableTest, LargeTablesAreCompressed) {
  // With the header's entry, 64 KiB less one byte and 64 KiB.
  const size_t rest = 64 * 1024 - std::string(
                                      "header"
                                      "key/0")
                                      .size();
  const Entries below = SomeEntries(1, rest - 1), large = SomeEntries(1, rest);
  EXPECT_GT(EncodedIndex(below).size(), 64 * 1024);
  EXPECT_LT(EncodedIndex(large).size(), 10 * 1024);
  EXPECT_EQ(Decoded(EncodedIndex(below)), below);
  EXPECT_EQ(Decoded(EncodedIndex(large)), large);
  // What Snappy cannot make smaller stays as it is, here several blocks.
  Entries random;
  std::mt19937 bits(1);
  for (int i = 0; i < 600; ++i) {
    std::string& value = random[absl::StrCat("key/", i)];
    for (int j = 0; j < 1000; ++j) value.push_back(static_cast<char>(bits()));
  }
  leveldb::Options plain;
  plain.block_size = 256 * 1024;
  plain.compression = leveldb::kNoCompression;
  EXPECT_EQ(Decoded(EncodedIndex(random)), random);
  EXPECT_EQ(EncodedIndex(random).substr(0, 600'000),
            Built(random, plain).substr(0, 600'000));
}

TEST(IndexTableTest, TablesOfOthersAreRead) {
  const Entries entries = SomeEntries(100, 30);
  leveldb::Options small_blocks;
  small_blocks.block_size = 200;
  small_blocks.block_restart_interval = 3;
  small_blocks.compression = leveldb::kNoCompression;
  EXPECT_EQ(Decoded(Built(entries, small_blocks)), entries);
  EXPECT_EQ(Decoded(Built(entries, Compressed())), entries);
  leveldb::Options filtered;
  const std::unique_ptr<const leveldb::FilterPolicy> filter(
      leveldb::NewBloomFilterPolicy(10));
  filtered.filter_policy = filter.get();
  EXPECT_EQ(Decoded(Built(entries, filtered)), entries);
}

TEST(IndexTableTest, EveryFlippedBitIsFound) {
  const Entries entries = SomeEntries(40, 20);
  leveldb::Options small_blocks;
  small_blocks.block_size = 200;
  small_blocks.compression = leveldb::kNoCompression;
  for (std::string file : {EncodedIndex(entries), Built(entries, small_blocks),
                           Built(entries, Compressed())}) {
    for (size_t bit = 0; bit < 8 * file.size(); ++bit) {
      file[bit / 8] ^= 1 << bit % 8;
      EXPECT_EQ(DecodeIndexTable(file).status().code(),
                absl::StatusCode::kDataLoss)
          << "bit " << bit << " of " << 8 * file.size();
      file[bit / 8] ^= 1 << bit % 8;
    }
  }
}

TEST(IndexTableTest, TruncatedAndExtendedFilesAreRefused) {
  const std::string file = EncodedIndex(SomeEntries(40, 20));
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(DecodeIndexTable(file.substr(0, size)).ok()) << size;
    EXPECT_FALSE(DecodeIndexTable(file.substr(size + 1)).ok()) << size;
  }
  EXPECT_FALSE(DecodeIndexTable(file + '\0').ok());
}

TEST(IndexTableTest, HandmadeTableIsRead) {
  const std::string data =
      WithTrailer(BlockOf(absl::StrCat(Varints({0, 1, 2}), "kvv")));
  EXPECT_EQ(Decoded(TableAround(data)), (Entries{{"k", "vv"}}));
}

TEST(IndexTableTest, PlacesOutsideOfTheFileAreRefused) {
  const std::string data = WithTrailer(BlockOf(""));
  for (const uint64_t size :
       {uint64_t{1} << 38, uint64_t{1} << 63, ~uint64_t{0}, uint64_t{500}}) {
    ExpectRefused(TableAround(data, Varints({0, size})), "not inside");
    ExpectRefused(TableAround(data, Varints({size, 8})), "not inside");
    ExpectRefused(Footer(Varints({0, size, 0, 8})), "not inside");
  }
  // All blocks but the last byte of the trailer.
  ExpectRefused(std::string(12, '\0') + Footer(Varints({0, 8, 0, 8})),
                "not inside");
}

TEST(IndexTableTest, BlocksMustFillTheFile) {
  const std::string data =
      WithTrailer(BlockOf(absl::StrCat(Varints({0, 1, 2}), "kvv")));
  ExpectRefused(TableAround(data + "more", Varints({0, data.size() - 5})),
                "no block covers");
  const std::string once = WithTrailer(BlockOf(""));
  ExpectRefused(once + Footer(Varints({0, 8, 0, 8})), "overlap");
}

TEST(IndexTableTest, CompressedBlocksDoNotChooseWhatIsAllocated) {
  // They claim 4 GiB, nothing at all, and what snappy would fail at.
  for (const std::string& block :
       {Varints({0xffffffff}) + "abc", Varints({40}), std::string()}) {
    ExpectRefused(TableAround(WithTrailer(block, 1)), "uncompressed");
  }
  ExpectRefused(TableAround(WithTrailer(BlockOf(""), 2)), "uncompressed");
}

TEST(IndexTableTest, EntriesThatLieAreRefused) {
  for (const std::string& entries :
       {Varints({1, 0, 0}), Varints({0, 5, 0}), Varints({0, 0, 1}),
        // In 32 bits these lengths add up to 16.
        absl::StrCat(Varints({0, 0xfffffff0, 0x20}), std::string(16, 'k')),
        Varints({0, ~uint64_t{0}, 0}), std::string("\xff", 1)}) {
    ExpectRefused(TableAround(WithTrailer(BlockOf(entries))), "entries");
  }
  // Restarts of which there is no room for so many.
  ExpectRefused(TableAround(WithTrailer(std::string(8, '\xff'))), "entries");
  ExpectRefused(TableAround(WithTrailer("abc")), "entries");
}

TEST(IndexTableTest, KeysAreUniqueAndInOrder) {
  const std::string b = Varints({0, 1, 0}) + "b";
  const std::string a = Varints({0, 1, 0}) + "a";
  ExpectRefused(TableAround(WithTrailer(BlockOf(b + a))), "\"a\"");
  ExpectRefused(TableAround(WithTrailer(BlockOf(b + b))), "\"b\"");
}

TEST(IndexTableTest, SharedKeysDoNotAddUpToMoreThanTheFileIsWorth) {
  // 50,000 keys of 50,000 bytes, in half a megabyte.
  std::string entries = Varints({0, 50000, 0}) + std::string(50000, 'k');
  for (int i = 0; i < 50000; ++i) {
    entries += Varints({50000, 2, 0});
    entries.push_back(static_cast<char>(i >> 8));
    entries.push_back(static_cast<char>(i));
  }
  ExpectRefused(TableAround(WithTrailer(BlockOf(entries))), "entries");
}

}  // namespace
}  // namespace cairn
