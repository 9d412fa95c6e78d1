// Bundles that lie or that another program wrote.
#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "saving/codec/crc32c.h"
#include "saving/codec/proto/tensor_bundle.pb.h"
#include "saving/codec/slice_key.h"
#include "saving/codec/tensor_bundle.h"
#include "saving/codec/varint.h"
#include "tests/saving/codec/bundle_files.h"
#include "tests/saving/codec/encoded_index.h"
#include "tests/saving/codec/memory_files.h"
#include "tests/support/memory_limit.h"

namespace cairn {
namespace {

// A bundle made by hand: eight bytes of data, and one entry "a", a float32 of
// shape (2), unless a test changes it.
class HandmadeBundle {
 public:
  HandmadeBundle() {
    header.set_num_shards(1);
    Describe(entry, 1, {2}, data.substr(0, 8));
  }

  static void Describe(proto::BundleEntryProto& entry, int dtype,
                       const Shape& shape, absl::string_view bytes) {
    entry.set_dtype(dtype);
    entry.mutable_shape()->clear_dim();
    for (const int64_t size : shape) {
      entry.mutable_shape()->add_dim()->set_size(size);
    }
    entry.set_size(static_cast<int64_t>(bytes.size()));
    entry.set_crc32c(MaskCrc(Crc32c(absl::MakeConstSpan(
        reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()))));
  }

  // Adds a slice [start, start + length) of the first dimension, and an entry
  // for it that takes the bytes from `offset` on.
  void AddSlice(int64_t start, int64_t length, int64_t offset) {
    auto* extent = entry.add_slices()->add_extent();
    extent->set_start(start);
    extent->set_length(length);
    proto::BundleEntryProto slice;
    Describe(slice, 1, {length}, data.substr(offset, 4 * length));
    slice.set_offset(offset);
    more[SliceKey("a", {{start, length}})] = slice.SerializeAsString();
  }

  absl::Status Read() {
    std::map<std::string, std::string> entries = more;
    entries[""] = header.SerializeAsString();
    entries["a"] = entry.SerializeAsString();
    files.contents = {{kIndex, EncodedIndex(entries)}, {kData, data}};
    return ReadAll(files);
  }

  std::string data = std::string("\1\0\0\0\0\0\0\0", 8);
  proto::BundleHeaderProto header;
  proto::BundleEntryProto entry;
  std::map<std::string, std::string> more;
  MemoryFiles files;
};

// What a tensor of one string has behind the string's length.
uint32_t CrcOfLength(uint32_t length) {
  std::string bytes;
  AppendFixed32(length, &bytes);
  return MaskCrc(Crc32c(absl::MakeConstSpan(
      reinterpret_cast<const std::byte*>(bytes.data()), bytes.size())));
}

TEST(HostileBundleTest, HandmadeBundleIsRead) {
  HandmadeBundle bundle;
  EXPECT_TRUE(bundle.Read().ok());
}

TEST(HostileBundleTest, LyingIndexIsRefused) {
  constexpr int64_t kHuge = int64_t{1} << 62;
  struct Case {
    const char* reason;
    std::function<void(HandmadeBundle&)> change;
  };
  const Case cases[] = {
      {"0 data files", [](auto& b) { b.header.set_num_shards(0); }},
      {"data files", [](auto& b) { b.header.set_num_shards(1 << 30); }},
      {"byte order",
       [](auto& b) {
         b.header.set_endianness(proto::BundleHeaderProto::Endianness(2));
       }},
      {"type 0", [](auto& b) { b.entry.set_dtype(0); }},
      {"type -1", [](auto& b) { b.entry.set_dtype(-1); }},
      {"data file 1 of 1", [](auto& b) { b.entry.set_shard_id(1); }},
      {"data file -1 of 1", [](auto& b) { b.entry.set_shard_id(-1); }},
      {"ends at 8", [](auto& b) { b.entry.set_offset(1); }},
      {"ends at 8", [](auto& b) { b.entry.set_offset(INT64_MAX); }},
      {"8 bytes at -1", [](auto& b) { b.entry.set_offset(-1); }},
      {"has 4 bytes", [](auto& b) { b.entry.set_size(4); }},
      {"-8 bytes", [](auto& b) { b.entry.set_size(-8); }},
      {"(2, 2)",
       [](auto& b) { b.entry.mutable_shape()->add_dim()->set_size(2); }},
      {"(None,)",
       [](auto& b) { b.entry.mutable_shape()->mutable_dim(0)->set_size(-1); }},
      {"shape",
       [](auto& b) {
         b.entry.mutable_shape()->mutable_dim(0)->set_size(kHuge);
         b.entry.mutable_shape()->add_dim()->set_size(4);
       }},
      {"float32",
       [](auto& b) {
         // 2^64 bytes, which is 0 in 64 bits.
         b.entry.mutable_shape()->mutable_dim(0)->set_size(kHuge);
         b.entry.set_size(0);
       }},
      {"rank",
       [](auto& b) { b.entry.mutable_shape()->set_unknown_rank(true); }},
      {"rank",
       [](auto& b) {
         for (int i = 0; i < 300; ++i) {
           b.entry.mutable_shape()->add_dim()->set_size(1);
         }
       }},
      // More strings than bytes.
      {"9 elements",
       [](auto& b) {
         b.entry.set_dtype(7);
         b.entry.mutable_shape()->mutable_dim(0)->set_size(9);
       }},
      {"elements",
       [](auto& b) {
         b.entry.set_dtype(7);
         b.entry.mutable_shape()->mutable_dim(0)->set_size(kHuge);
       }},
      {"neither 0 nor 1",
       [](auto& b) {
         b.data = "\2";
         b.Describe(b.entry, 10, {1}, b.data);
       }},
      {"checksum", [](auto& b) { b.entry.set_crc32c(7); }},
      {"no record", [](auto& b) { b.entry.add_slices()->add_extent(); }},
      {"not inside", [](auto& b) { b.entry.add_slices(); }},
      {"not inside", [](auto& b) { b.AddSlice(1, 2, 0); }},
      {"not inside", [](auto& b) { b.AddSlice(0, 0, 0), b.AddSlice(3, 0, 0); }},
      {"4 bytes", [](auto& b) { b.AddSlice(0, 1, 0); }},
      {"overlap", [](auto& b) { b.AddSlice(0, 1, 0), b.AddSlice(0, 1, 0); }},
      // Slices that share their bytes.
      {"only 8",
       [](auto& b) {
         b.entry.mutable_shape()->mutable_dim(0)->set_size(4);
         b.AddSlice(0, 2, 0), b.AddSlice(2, 2, 0);
       }},
      {"shares bytes",
       [](auto& b) { b.more["b"] = b.entry.SerializeAsString(); }},
      {"wrong record",
       [](auto& b) {
         b.AddSlice(0, 2, 0);
         b.entry.set_dtype(3);
       }},
  };
  for (const Case& item : cases) {
    HandmadeBundle bundle;
    item.change(bundle);
    const absl::Status status = bundle.Read();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss)
        << item.reason << ": " << status;
    EXPECT_NE(status.message().find(item.reason), absl::string_view::npos)
        << item.reason << ": " << status;
  }
}

// Of lengths that a machine could well have the memory for.
TEST(HostileBundleTest, NoMemoryIsTakenForLengthsThatCannotBe) {
  constexpr int64_t kLarge = int64_t{1} << 30;
  const std::function<void(HandmadeBundle&)> changes[] = {
      [](auto& b) {
        HandmadeBundle::Describe(b.entry, 1, {kLarge}, b.data);
        b.entry.set_size(4 * kLarge);
      },
      [](auto& b) {
        HandmadeBundle::Describe(b.entry, 7, {kLarge}, b.data);
        b.entry.set_size(kLarge);
      },
      [](auto& b) {
        HandmadeBundle::Describe(b.entry, 1, {kLarge}, b.data);
        b.AddSlice(0, 2, 0);
      },
      [](auto& b) {
        b.data.clear();
        AppendVarint(static_cast<uint64_t>(kLarge), &b.data);
        AppendFixed32(CrcOfLength(static_cast<uint32_t>(kLarge)), &b.data);
        b.data += "four";
        HandmadeBundle::Describe(b.entry, 7, {}, b.data);
      },
  };
  for (const auto& change : changes) {
    HandmadeBundle bundle;
    change(bundle);
    EXPECT_TRUE(SucceedsApart([&]() -> absl::Status {
      const absl::Status limited = LimitMemory(int64_t{16} << 20);
      if (!limited.ok()) return limited;
      const absl::Status read = bundle.Read();
      if (absl::IsDataLoss(read)) return absl::OkStatus();
      return absl::InternalError(absl::StrCat("reading was ", read.ToString()));
    }));
  }
}

TEST(HostileBundleTest, BrokenRecordsAreRefused) {
  for (const char* key : {"", "b"}) {
    HandmadeBundle bundle;
    EXPECT_TRUE(bundle.Read().ok());
    std::map<std::string, std::string> entries = {
        {"", bundle.header.SerializeAsString()}};
    entries[key] = "\xff";
    bundle.files.contents[kIndex] = EncodedIndex(entries);
    EXPECT_EQ(ReadAll(bundle.files).code(), absl::StatusCode::kDataLoss);
  }
  MemoryFiles files;
  files.contents[kIndex] = EncodedIndex({});
  EXPECT_EQ(ReadAll(files).code(), absl::StatusCode::kDataLoss);
}

TEST(HostileBundleTest, LengthsOfStringsAreNotBelieved) {
  for (const uint32_t length : {5u, 4000000000u}) {
    HandmadeBundle bundle;
    bundle.data.clear();
    AppendVarint(length, &bundle.data);
    AppendFixed32(CrcOfLength(length), &bundle.data);
    bundle.data += "four";
    HandmadeBundle::Describe(bundle.entry, 7, {}, bundle.data);
    const absl::Status status = bundle.Read();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_NE(status.message().find("only 4"), absl::string_view::npos)
        << status;
  }
}

TEST(HostileBundleTest, NewerVersionsAreRefused) {
  HandmadeBundle bundle;
  bundle.header.mutable_version()->set_min_consumer(2);
  EXPECT_EQ(bundle.Read().code(), absl::StatusCode::kUnimplemented);
  bundle.header.mutable_version()->set_min_consumer(1);
  EXPECT_TRUE(bundle.Read().ok());
  bundle.header.mutable_version()->add_bad_consumers(1);
  EXPECT_EQ(bundle.Read().code(), absl::StatusCode::kUnimplemented);
}

TEST(TensorBundleReaderTest, UnknownTypesAreListedAndVerified) {
  HandmadeBundle bundle;
  bundle.entry.set_dtype(99);
  EXPECT_EQ(bundle.Read().code(), absl::StatusCode::kUnimplemented);
  const auto reader = BundleReader::Open(bundle.files, "p");
  ASSERT_TRUE(reader.ok()) << reader.status();
  const BundleEntry& entry = (*reader)->entries()[0];
  EXPECT_EQ(entry.dtype_name, "type 99");
  EXPECT_TRUE((*reader)->Verify(entry).ok());
  EXPECT_EQ((*reader)->ReadTensor(entry).status().code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_EQ((*reader)->ReadStrings(entry).status().code(),
            absl::StatusCode::kUnimplemented);
}

TEST(TensorBundleReaderTest, SlicesAreAssembled) {
  HandmadeBundle bundle;
  bundle.data = std::string("\0\0\x80\x3f\0\0\0\x40", 8);
  // In another order than in the whole.
  bundle.AddSlice(1, 1, 0);
  bundle.AddSlice(0, 1, 4);
  ASSERT_TRUE(bundle.Read().ok()) << bundle.Read();
  const auto reader = Opened(bundle.files);
  ASSERT_EQ(reader->entries().size(), 1u);
  EXPECT_TRUE(reader->entries()[0].is_sliced);
  EXPECT_EQ(reader->ReadTensor(reader->entries()[0])->values<float>(),
            absl::Span<const float>({2, 1}));
}

TEST(TensorBundleReaderTest, BigEndianValuesAreTurned) {
  HandmadeBundle bundle;
  bundle.header.set_endianness(proto::BundleHeaderProto::BIG);
  bundle.data = std::string("\x3f\x80\0\0\x40\0\0\0", 8);
  HandmadeBundle::Describe(bundle.entry, 1, {2}, bundle.data);
  ASSERT_TRUE(bundle.Read().ok()) << bundle.Read();
  const auto reader = Opened(bundle.files);
  EXPECT_EQ(reader->ReadTensor(reader->entries()[0])->values<float>(),
            absl::Span<const float>({1, 2}));
}

TEST(TensorBundleReaderTest, BigEndianStringsAreRead) {
  const auto crc_of = [](absl::string_view bytes) {
    return MaskCrc(Crc32c(absl::MakeConstSpan(
        reinterpret_cast<const std::byte*>(bytes.data()), bytes.size())));
  };
  const std::string length("\0\0\0\2", 4);
  std::string crc;
  AppendFixed32(crc_of(length), &crc);
  std::reverse(crc.begin(), crc.end());
  HandmadeBundle bundle;
  bundle.header.set_endianness(proto::BundleHeaderProto::BIG);
  bundle.data = "\2" + crc + "hi";
  HandmadeBundle::Describe(bundle.entry, 7, {}, bundle.data);
  bundle.entry.set_crc32c(crc_of(length + crc + "hi"));
  ASSERT_TRUE(bundle.Read().ok()) << bundle.Read();
  const auto reader = Opened(bundle.files);
  EXPECT_EQ(*reader->ReadStrings(reader->entries()[0]),
            std::vector<std::string>{"hi"});
}

}  // namespace
}  // namespace cairn
