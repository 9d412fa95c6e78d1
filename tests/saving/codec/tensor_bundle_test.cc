#include "saving/codec/tensor_bundle.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/saving/codec/bundle_files.h"
#include "tests/saving/codec/memory_files.h"

namespace cairn {
namespace {

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

// What lies in the data files, without what only sets tensors apart.
std::string WithoutGaps(MemoryFiles& files) {
  const auto bundle = BundleReader::Open(files, "p");
  if (!bundle.ok()) return bundle.status().ToString();
  std::string together;
  for (int i = 0; i < (*bundle)->shard_count(); ++i) {
    std::string content =
        files.contents[BundleDataPath("p", i, (*bundle)->shard_count())];
    const std::vector<BundleGap> gaps = (*bundle)->gaps();
    for (auto gap = gaps.rbegin(); gap != gaps.rend(); ++gap) {
      if (gap->shard != i) continue;
      EXPECT_EQ(content.substr(gap->offset, gap->size),
                std::string(gap->size, '\0'));
      content.erase(gap->offset, gap->size);
    }
    together += content;
  }
  return together;
}

TEST(TensorBundleTest, SeveralDataFilesHaveTogetherWhatOneHas) {
  MemoryFiles one;
  WriteBundle(one, AddLargeBundle);
  const std::string expected = WithoutGaps(one);
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
    EXPECT_GE(files.contents[BundleDataPath("p", 0, shards)].size(),
              shard_bytes);
    EXPECT_TRUE(WithoutGaps(files) == expected);
  }
}

TEST(TensorBundleTest, ManyAreTestedAsEachAlone) {
  MemoryFiles files;
  WriteBundle(files, AddLargeBundle);
  const auto bundle = Opened(files);
  std::vector<const BundleEntry*> all, few;
  for (const BundleEntry& entry : bundle->entries()) {
    all.push_back(&entry);
    if (absl::StrContains(entry.key, "/1")) few.push_back(&entry);
  }
  std::string& content = files.contents[kData];
  ASSERT_GT(content.size(), 4u << 20) << "too few for threads";
  EXPECT_TRUE(bundle->VerifyAll(all).ok());
  EXPECT_TRUE(bundle->VerifyAll({}).ok());
  // In all pieces of what is tested in pieces.
  int found = 0;
  for (size_t at = 0; at < content.size(); at += 99'991) {
    content[at] ^= 1;
    const auto damaged = Opened(files);
    for (const auto* const list : {&all, &few}) {
      absl::Status expected;
      std::vector<const BundleEntry*> entries;
      for (const BundleEntry* const entry : *list) {
        entries.push_back(damaged->Find(entry->key));
        expected.Update(damaged->Verify(*entries.back()));
      }
      EXPECT_EQ(damaged->VerifyAll(entries), expected) << at;
      if (!expected.ok()) ++found;
    }
    content[at] ^= 1;
  }
  EXPECT_GT(found, 40);
}

TEST(TensorBundleTest, LargeTensorsBeginOnAPage) {
  MemoryFiles files;
  WriteBundle(files, AddLargeBundle);
  const auto bundle = Opened(files);
  int large = 0;
  int64_t bytes = 0;
  for (const BundleEntry& entry : bundle->entries()) {
    bytes += entry.size;
    if (entry.size < 1 << 19) continue;
    ++large;
    EXPECT_EQ(entry.offset % kDirectAlignment, 0) << entry.key;
  }
  EXPECT_GT(large, 3);
  const auto in_file = static_cast<int64_t>(files.contents[kData].size());
  int64_t in_gaps = 0;
  for (const BundleGap& gap : bundle->gaps()) in_gaps += gap.size;
  EXPECT_EQ(bytes + in_gaps, in_file);
  EXPECT_GT(in_gaps, 0);
  EXPECT_LT(in_gaps, in_file / 100);
}

TEST(TensorBundleTest, AByteInAGapThatIsNotZeroIsFound) {
  MemoryFiles files;
  WriteBundle(files, AddLargeBundle);
  const auto count_bad = [&] {
    const auto bundle = Opened(files);
    int bad = 0;
    for (const BundleGap& gap : bundle->gaps()) {
      bad += !bundle->VerifyGap(gap).ok();
    }
    return bad;
  };
  EXPECT_EQ(count_bad(), 0);
  ASSERT_FALSE(Opened(files)->gaps().empty());
  const BundleGap gap = Opened(files)->gaps().back();
  for (const int64_t at : {gap.offset, gap.offset + gap.size - 1}) {
    files.contents[kData][at] = 1;
    EXPECT_EQ(count_bad(), 1);
    const absl::Status status = Opened(files)->VerifyGap(gap);
    EXPECT_TRUE(absl::IsDataLoss(status));
    EXPECT_TRUE(
        absl::StrContains(status.message(), absl::StrCat(kData, ", byte ", at)))
        << status;
    files.contents[kData][at] = 0;
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

// Far more than wait to be written at once.
TEST(TensorBundleTest, ThousandsOfSmallOnesComeBack) {
  MemoryFiles files;
  constexpr int kCount = 1500;
  const auto name = [](const char* kind, int i) {
    return absl::StrCat(kind, i);
  };
  // Begins on a page.
  Tensor large = Tensor::Zeros({DType::kInt32, {150'000}});
  large.mutable_values<int32_t>()[149'999] = 7;
  WriteBundle(files, [&](BundleWriter& writer) {
    for (int i = 0; i < kCount; ++i) {
      const auto value = Tensor::FromValues<int32_t>({i, -i}, {2});
      ASSERT_TRUE(writer.AddTensor(name("tensor/", i), value).ok());
      if (i % 100 == 0) {
        ASSERT_TRUE(writer.AddString(name("text/", i), name("is ", i)).ok());
      }
      if (i == 700) {
        ASSERT_TRUE(writer.AddTensor("large", large).ok());
      }
    }
    // Also one that was written long ago.
    EXPECT_EQ(writer.AddString("tensor/0", "x").code(),
              absl::StatusCode::kAlreadyExists);
  });
  EXPECT_TRUE(VerifyAll(files).ok());
  const auto reader = Opened(files);
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(reader->entries().size(), kCount + kCount / 100 + 1u);
  for (int i = 0; i < kCount; ++i) {
    const BundleEntry* const entry = reader->Find(name("tensor/", i));
    ASSERT_NE(entry, nullptr) << i;
    const auto value = reader->ReadTensor(*entry);
    ASSERT_TRUE(value.ok()) << value.status();
    EXPECT_EQ(value->values<int32_t>()[1], -i);
    if (i % 100 > 0) continue;
    EXPECT_EQ(reader->ReadStrings(*reader->Find(name("text/", i)))->at(0),
              name("is ", i));
  }
  const BundleEntry* const entry = reader->Find("large");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->offset % 4096, 0);
  EXPECT_EQ(reader->ReadTensor(*entry)->bytes(), large.bytes());
  // It alone has a gap in front of it, and what follows lies behind it.
  ASSERT_EQ(reader->gaps().size(), 1u);
  EXPECT_EQ(reader->gaps()[0].offset + reader->gaps()[0].size, entry->offset);
  EXPECT_EQ(reader->Find("tensor/701")->offset, entry->offset + entry->size);
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

}  // namespace
}  // namespace cairn
