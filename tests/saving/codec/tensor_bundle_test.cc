#include "saving/codec/tensor_bundle.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "saving/codec/crc32c.h"
#include "saving/codec/index_table.h"
#include "saving/codec/proto/tensor_bundle.pb.h"
#include "saving/codec/slice_key.h"
#include "saving/codec/varint.h"
#include "tests/saving/codec/memory_files.h"
#include "tests/support/memory_limit.h"

namespace cairn {
namespace {

constexpr char kIndex[] = "p.index";
constexpr char kData[] = "p.data-00000-of-00001";

// Writes the bundle "p" of one shard.
void WriteBundle(MemoryFiles& files,
                 const std::function<void(BundleWriter&)>& add) {
  auto data = files.NewWritableFile(kData);
  auto index = files.NewWritableFile(kIndex);
  BundleWriter writer(data->get(), 0, 1);
  add(writer);
  ASSERT_TRUE(writer.WriteIndex(index->get()).ok());
}

std::unique_ptr<BundleReader> Opened(MemoryFiles& files) {
  auto reader = BundleReader::Open(files, "p");
  EXPECT_TRUE(reader.ok()) << reader.status();
  return reader.ok() ? *std::move(reader) : nullptr;
}

// What a program that reads all of the bundle gets to hear.
absl::Status ReadAll(MemoryFiles& files) {
  auto reader = BundleReader::Open(files, "p");
  if (!reader.ok()) return reader.status();
  for (const BundleEntry& entry : (*reader)->entries()) {
    const absl::Status read = entry.is_string()
                                  ? (*reader)->ReadStrings(entry).status()
                                  : (*reader)->ReadTensor(entry).status();
    if (!read.ok()) return read;
  }
  return absl::OkStatus();
}

absl::Status VerifyAll(MemoryFiles& files) {
  auto reader = BundleReader::Open(files, "p");
  if (!reader.ok()) return reader.status();
  for (const BundleEntry& entry : (*reader)->entries()) {
    const absl::Status verified = (*reader)->Verify(entry);
    if (!verified.ok()) return verified;
  }
  return absl::OkStatus();
}

// All types, three shapes and a string.
void AddSmallBundle(BundleWriter& writer) {
  for (int i = 0; i <= static_cast<int>(DType::kUInt64); ++i) {
    const auto dtype = static_cast<DType>(i);
    for (const Shape& shape : {Shape{}, Shape{2, 3}, Shape{0, 3}}) {
      Tensor value = Tensor::Zeros({dtype, shape});
      // Ones and zeros are bools too.
      for (size_t j = 0; j < value.bytes().size(); ++j) {
        value.mutable_bytes()[j] = static_cast<std::byte>((i + j) % 3 == 0);
      }
      ASSERT_TRUE(
          writer
              .AddTensor(absl::StrCat(DTypeName(dtype), ShapeToString(shape)),
                         value)
              .ok());
    }
  }
  ASSERT_TRUE(writer.AddString("text", "h\u00e4llo").ok());
}

// A bundle of two tensors that was checked against TensorFlow's own bytes.
TEST(TensorBundleTest, BytesAreTensorFlows) {
  MemoryFiles files;
  WriteBundle(files, [](BundleWriter& writer) {
    ASSERT_TRUE(writer
                    .AddTensor("v/.ATTRIBUTES/VARIABLE_VALUE",
                               Tensor::FromValues<float>({1, 2}, {2}))
                    .ok());
    ASSERT_TRUE(writer.AddString("_CHECKPOINTABLE_OBJECT_GRAPH", "hello").ok());
  });
  EXPECT_EQ(absl::BytesToHexString(files.contents[kData]),
            "0000803f0000004005d9c69c4368656c6c6f");
  EXPECT_EQ(
      absl::BytesToHexString(files.contents[kIndex]),
      "00000608011a020801001c0d5f434845434b504f494e5441424c455f4f424a4543545f"
      "4752415048080712002008280a35ece0c029001c0f762f2e415454524942555445532f"
      "5641524941424c455f56414c55450801120412020802280835593ce535000000000100"
      "0000006fe51618000000000100000000c0f2a1b000010277006b000000000100000000"
      "b95fa82b70087d0e" +
          std::string(72, '0') + "57fb808b247547db");
}

// Tensors of 100 KB to 1.3 MB with small ones and texts between.
void AddLargeBundle(BundleWriter& writer) {
  for (int i = 0; i < 12; ++i) {
    const int64_t size = 25'000 * (1 + i % 13);
    Tensor value = Tensor::Zeros({DType::kFloat32, {size}});
    for (int64_t j = 0; j < size; ++j) {
      value.mutable_values<float>()[j] = static_cast<float>(i * j % 1001);
    }
    // It is good for as long as the writer needs it.
    ASSERT_TRUE(writer.AddTensor(absl::StrCat("large/", i), value).ok());
    ASSERT_TRUE(
        writer.AddTensor(absl::StrCat("small/", i), Tensor::Scalar<float>(i))
            .ok());
    ASSERT_TRUE(writer.AddString(absl::StrCat("text/", i), "text").ok());
  }
}

TEST(TensorBundleTest, SeveralDataFilesHaveTogetherWhatOneHas) {
  MemoryFiles one;
  WriteBundle(one, AddLargeBundle);
  for (const int shards : {2, 3, 4, 5, 9}) {
    SCOPED_TRACE(shards);
    MemoryFiles files;
    std::vector<std::unique_ptr<WritableFile>> owned;
    std::vector<WritableFile*> data;
    for (int i = 0; i < shards; ++i) {
      auto file = files.NewWritableFile(BundleDataPath("p", i, shards));
      owned.push_back(*std::move(file));
      data.push_back(owned.back().get());
    }
    auto index = files.NewWritableFile(kIndex);
    const int64_t shard_bytes =
        static_cast<int64_t>(one.contents[kData].size()) / shards;
    BundleWriter writer(data, shard_bytes, shards);
    AddLargeBundle(writer);
    ASSERT_TRUE(writer.WriteIndex(index->get()).ok());
    EXPECT_TRUE(VerifyAll(files).ok());
    std::string together;
    for (int i = 0; i < shards; ++i) {
      const std::string& content =
          files.contents[BundleDataPath("p", i, shards)];
      if (i == 0) {
        EXPECT_GE(content.size(), shard_bytes);
      }
      together += content;
    }
    EXPECT_TRUE(together == one.contents[kData]);
  }
}

TEST(TensorBundleTest, AnErrorOfAnyDataFileIsReturned) {
  class FullFile : public WritableFile {
    absl::Status Append(absl::Span<const std::byte>) override {
      return absl::ResourceExhaustedError("full");
    }
    absl::Status Sync() override { return absl::OkStatus(); }
    absl::Status Close() override { return absl::OkStatus(); }
    absl::Status Reserve(int64_t) override { return absl::OkStatus(); }
  };
  for (int full = 0; full < 3; ++full) {
    MemoryFiles files;
    FullFile full_file;
    std::vector<std::unique_ptr<WritableFile>> owned;
    std::vector<WritableFile*> data;
    for (int i = 0; i < 3; ++i) {
      owned.push_back(*files.NewWritableFile(BundleDataPath("p", i, 3)));
      data.push_back(i == full ? &full_file : owned.back().get());
    }
    auto index = files.NewWritableFile(kIndex);
    BundleWriter writer(data, 1'500'000, 3);
    AddLargeBundle(writer);
    EXPECT_TRUE(absl::IsResourceExhausted(writer.WriteIndex(index->get())));
  }
}

TEST(TensorBundleTest, PathsAreTensorFlows) {
  EXPECT_EQ(BundleIndexPath("a/b"), "a/b.index");
  EXPECT_EQ(BundleDataPath("a/b", 1, 12), "a/b.data-00001-of-00012");
}

TEST(TensorBundleTest, ValuesOfEveryTypeComeBack) {
  MemoryFiles files;
  WriteBundle(files, AddSmallBundle);
  const auto reader = Opened(files);
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(reader->prefix(), "p");
  EXPECT_EQ(reader->shard_count(), 1);
  EXPECT_EQ(reader->entries().size(), 13u * 3 + 1);
  for (int i = 0; i <= static_cast<int>(DType::kUInt64); ++i) {
    const auto dtype = static_cast<DType>(i);
    for (const Shape& shape : {Shape{}, Shape{2, 3}, Shape{0, 3}}) {
      const BundleEntry* entry =
          reader->Find(absl::StrCat(DTypeName(dtype), ShapeToString(shape)));
      ASSERT_NE(entry, nullptr);
      EXPECT_EQ(entry->dtype_name, DTypeName(dtype));
      EXPECT_FALSE(entry->is_sliced);
      EXPECT_TRUE(reader->Verify(*entry).ok());
      const auto value = reader->ReadTensor(*entry);
      ASSERT_TRUE(value.ok()) << value.status();
      EXPECT_EQ(value->spec(), (TensorSpec{dtype, shape}));
      for (size_t j = 0; j < value->bytes().size(); ++j) {
        EXPECT_EQ(value->bytes()[j], static_cast<std::byte>((i + j) % 3 == 0));
      }
    }
  }
  const BundleEntry* text = reader->Find("text");
  ASSERT_NE(text, nullptr);
  EXPECT_TRUE(text->is_string());
  EXPECT_EQ(text->dtype_name, "string");
  EXPECT_TRUE(reader->Verify(*text).ok());
  const auto values = reader->ReadStrings(*text);
  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_EQ(*values, std::vector<std::string>{"h\u00e4llo"});
}

TEST(TensorBundleTest, LargeStringsAndTensorsComeBack) {
  MemoryFiles files;
  const std::string text(300000, 'x');
  // Larger than what is verified at once.
  Tensor value = Tensor::Zeros({DType::kInt32, {700, 1000}});
  for (int i = 0; i < 700000; ++i) value.mutable_values<int32_t>()[i] = i;
  WriteBundle(files, [&](BundleWriter& writer) {
    ASSERT_TRUE(writer.AddString("text", text).ok());
    ASSERT_TRUE(writer.AddTensor("value", value).ok());
  });
  const auto reader = Opened(files);
  ASSERT_NE(reader, nullptr);
  EXPECT_TRUE(ReadAll(files).ok());
  EXPECT_TRUE(VerifyAll(files).ok());
  EXPECT_EQ(reader->ReadStrings(*reader->Find("text"))->at(0), text);
  EXPECT_EQ(reader->ReadTensor(*reader->Find("value"))->bytes(), value.bytes());
  files.contents[kData].back() ^= 1;
  EXPECT_FALSE(ReadAll(files).ok());
  EXPECT_FALSE(VerifyAll(files).ok());
}

TEST(TensorBundleTest, EntriesAreSortedByBytesOfTheirKeys) {
  MemoryFiles files;
  const std::vector<std::string> keys = {"b", "B", "a/b", "a", "\xff", "a.b"};
  WriteBundle(files, [&](BundleWriter& writer) {
    for (const std::string& key : keys) {
      ASSERT_TRUE(writer.AddTensor(key, Tensor::Scalar(1.0f)).ok());
    }
  });
  const auto reader = Opened(files);
  ASSERT_NE(reader, nullptr);
  std::vector<std::string> found;
  for (const BundleEntry& entry : reader->entries()) found.push_back(entry.key);
  EXPECT_EQ(found,
            (std::vector<std::string>{"B", "a", "a.b", "a/b", "b", "\xff"}));
  // The bytes lie in the order in which they were added.
  EXPECT_EQ(reader->Find("b")->offset, 0);
  EXPECT_EQ(reader->Find("a.b")->offset, 20);
  EXPECT_EQ(reader->Find("c"), nullptr);
  EXPECT_EQ(reader->Find(""), nullptr);
}

TEST(TensorBundleTest, KeysAreTakenOnceAndHaveAName) {
  MemoryFiles files;
  WriteBundle(files, [&](BundleWriter& writer) {
    ASSERT_TRUE(writer.AddTensor("a", Tensor::Scalar(1.0f)).ok());
    const absl::Status again = writer.AddString("a", "x");
    EXPECT_EQ(again.code(), absl::StatusCode::kAlreadyExists);
    EXPECT_NE(again.message().find("\"a\""), absl::string_view::npos);
    EXPECT_EQ(writer.AddTensor("", Tensor()).code(),
              absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(writer.AddTensor(std::string(1, '\0'), Tensor()).code(),
              absl::StatusCode::kInvalidArgument);
  });
  // Nothing of what was refused is in the file.
  EXPECT_EQ(files.contents[kData].size(), 4u);
}

TEST(TensorBundleTest, EveryFlippedBitIsNoticed) {
  MemoryFiles files;
  WriteBundle(files, AddSmallBundle);
  ASSERT_TRUE(ReadAll(files).ok());
  for (const char* path : {kIndex, kData}) {
    std::string& bytes = files.contents[path];
    for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      bytes[bit / 8] ^= 1 << bit % 8;
      const absl::Status status = ReadAll(files);
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss)
          << path << " bit " << bit;
      EXPECT_EQ(VerifyAll(files), status);
      EXPECT_NE(status.message().find(path), absl::string_view::npos) << status;
      bytes[bit / 8] ^= 1 << bit % 8;
    }
  }
}

TEST(TensorBundleTest, TruncatedFilesAreRefused) {
  MemoryFiles files;
  WriteBundle(files, AddSmallBundle);
  for (const char* path : {kIndex, kData}) {
    const std::string whole = files.contents[path];
    for (size_t size = 0; size < whole.size(); ++size) {
      files.contents[path] = whole.substr(0, size);
      EXPECT_EQ(BundleReader::Open(files, "p").status().code(),
                absl::StatusCode::kDataLoss)
          << path << " of " << size << " bytes";
    }
    files.contents[path] = whole;
  }
}

TEST(TensorBundleTest, MissingFilesAreNamed) {
  MemoryFiles files;
  absl::Status status = BundleReader::Open(files, "runs/p").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  for (const char* part : {"\"runs/p\"", "runs/p.index"}) {
    EXPECT_NE(status.message().find(part), absl::string_view::npos) << status;
  }
  WriteBundle(files, AddSmallBundle);
  files.contents.erase(kData);
  status = BundleReader::Open(files, "p").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(status.message().find(kData), absl::string_view::npos) << status;
}

TEST(TensorBundleTest, OnlyShardsThatEntriesLieInAreNeeded) {
  MemoryFiles files;
  auto data = files.NewWritableFile("p.data-00001-of-00002");
  auto index = files.NewWritableFile(kIndex);
  BundleWriter writer(data->get(), 1, 2);
  ASSERT_TRUE(writer.AddTensor("a", Tensor::Scalar(3.0f)).ok());
  ASSERT_TRUE(writer.WriteIndex(index->get()).ok());
  const auto reader = Opened(files);
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(reader->shard_count(), 2);
  EXPECT_EQ(reader->Find("a")->shard, 1);
  EXPECT_EQ(reader->ReadTensor(*reader->Find("a"))->values<float>()[0], 3.0f);
}

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
    files.contents = {{kIndex, EncodeIndexTable(entries)}, {kData, data}};
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
    bundle.files.contents[kIndex] = EncodeIndexTable(entries);
    EXPECT_EQ(ReadAll(bundle.files).code(), absl::StatusCode::kDataLoss);
  }
  MemoryFiles files;
  files.contents[kIndex] = EncodeIndexTable({});
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
