#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "saving/codec/checkpoint_state.h"
#include "saving/codec/tensor_bundle.h"
#include "saving/codec/trackable_object_graph.h"
#include "tests/saving/codec/memory_files.h"

namespace cairn {
namespace {

// What TensorFlow wrote, see make_bundles.py beside the files.
constexpr char kFolder[] = "tests/testdata/bundles/";

class TensorFlowBundlesTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const auto& item :
         std::filesystem::recursive_directory_iterator(kFolder)) {
      if (item.is_directory()) continue;
      std::ifstream file(item.path(), std::ios::binary);
      files_.contents[item.path().string()] =
          std::string(std::istreambuf_iterator<char>(file), {});
    }
  }

  // Opened, and every entry verified.
  std::unique_ptr<BundleReader> Opened(const std::string& name) {
    auto reader = BundleReader::Open(files_, kFolder + name);
    EXPECT_TRUE(reader.ok()) << reader.status();
    if (!reader.ok()) return nullptr;
    for (const BundleEntry& entry : (*reader)->entries()) {
      EXPECT_TRUE((*reader)->Verify(entry).ok()) << entry.key;
    }
    return *std::move(reader);
  }

  MemoryFiles files_;
};

template <typename T>
void ExpectCounts(const BundleReader& reader, const std::string& key) {
  const auto value = reader.ReadTensor(*reader.Find(key));
  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(value->spec(), (TensorSpec{DTypeOf<T>(), {3}}));
  EXPECT_EQ(value->values<T>(), absl::Span<const T>({0, 1, 2}));
}

TEST_F(TensorFlowBundlesTest, EveryTypeIsRead) {
  const auto reader = Opened("types");
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(reader->entries().size(), 21u);
  ExpectCounts<float>(*reader, "type/float32");
  ExpectCounts<double>(*reader, "type/float64");
  ExpectCounts<int8_t>(*reader, "type/int8");
  ExpectCounts<int16_t>(*reader, "type/int16");
  ExpectCounts<int32_t>(*reader, "type/int32");
  ExpectCounts<int64_t>(*reader, "type/int64");
  ExpectCounts<uint8_t>(*reader, "type/uint8");
  ExpectCounts<uint16_t>(*reader, "type/uint16");
  ExpectCounts<uint32_t>(*reader, "type/uint32");
  ExpectCounts<uint64_t>(*reader, "type/uint64");
  EXPECT_EQ(reader->ReadTensor(*reader->Find("type/bool"))->values<bool>(),
            absl::Span<const bool>({false, true, true}));
  const auto two_bytes = [&](const std::string& key) {
    const Tensor value = *reader->ReadTensor(*reader->Find(key));
    const auto* bits = reinterpret_cast<const uint16_t*>(value.bytes().data());
    return std::vector<uint16_t>(bits, bits + value.size());
  };
  EXPECT_EQ(two_bytes("type/float16"),
            (std::vector<uint16_t>{0, 0x3c00, 0x4000}));
  EXPECT_EQ(two_bytes("type/bfloat16"),
            (std::vector<uint16_t>{0, 0x3f80, 0x4000}));
  for (const char* name : {"complex64", "complex128", "qint8"}) {
    const BundleEntry* entry = reader->Find(std::string("type/") + name);
    EXPECT_EQ(entry->dtype_name, name);
    EXPECT_EQ(reader->ReadTensor(*entry).status().code(),
              absl::StatusCode::kUnimplemented);
  }
}

TEST_F(TensorFlowBundlesTest, ScalarsStringsAndEmptyTensorsAreRead) {
  const auto reader = Opened("types");
  ASSERT_NE(reader, nullptr);
  const Tensor scalar = *reader->ReadTensor(*reader->Find("scalar"));
  EXPECT_EQ(scalar.shape(), Shape{});
  EXPECT_EQ(scalar.values<float>()[0], 2.5f);
  EXPECT_EQ(reader->ReadTensor(*reader->Find("empty"))->shape(), (Shape{0, 3}));
  EXPECT_EQ(*reader->ReadStrings(*reader->Find("no_strings")),
            std::vector<std::string>());
  EXPECT_EQ(*reader->ReadStrings(*reader->Find("text")),
            std::vector<std::string>{"hello"});
  EXPECT_EQ(reader->Find("texts")->shape, (Shape{2, 2}));
  EXPECT_EQ(*reader->ReadStrings(*reader->Find("texts")),
            (std::vector<std::string>{"", std::string("\0\xff", 2), "gr\u00fcn",
                                      std::string(200, 'x')}));
}

TEST_F(TensorFlowBundlesTest, ShardsAndSlicesAreRead) {
  const auto reader = Opened("sharded");
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(reader->shard_count(), 2);
  EXPECT_EQ(reader->entries().size(), 4u);
  EXPECT_EQ(reader->Find("a")->shard, 0);
  EXPECT_EQ(reader->Find("b")->shard, 1);
  EXPECT_EQ(reader->ReadTensor(*reader->Find("a"))->values<float>(),
            absl::Span<const float>({1, 2}));
  EXPECT_EQ(reader->ReadTensor(*reader->Find("b"))->values<float>(),
            absl::Span<const float>({3}));
  for (const char* key : {"rows", "columns"}) {
    const BundleEntry* entry = reader->Find(key);
    EXPECT_TRUE(entry->is_sliced);
    EXPECT_EQ(entry->size, 4 * 70 * 4);
    const auto value = reader->ReadTensor(*entry);
    ASSERT_TRUE(value.ok()) << value.status();
    EXPECT_EQ(value->spec(), (TensorSpec{DType::kInt32, {4, 70}}));
    for (int32_t i = 0; i < 4 * 70; ++i) {
      ASSERT_EQ(value->values<int32_t>()[i], i) << key;
    }
  }
}

TEST_F(TensorFlowBundlesTest, DamageInASliceIsFound) {
  files_.contents[std::string(kFolder) + "sharded.data-00001-of-00002"]
      .back() ^= 1;
  auto reader = BundleReader::Open(files_, std::string(kFolder) + "sharded");
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_TRUE((*reader)->Verify(*(*reader)->Find("a")).ok());
  int damaged = 0;
  for (const char* key : {"b", "rows", "columns"}) {
    const absl::Status status = (*reader)->Verify(*(*reader)->Find(key));
    EXPECT_EQ(status, (*reader)->ReadTensor(*(*reader)->Find(key)).status());
    if (status.code() == absl::StatusCode::kDataLoss) ++damaged;
  }
  EXPECT_EQ(damaged, 1);
}

// Opened() verifies it, which is not as for other types.
TEST_F(TensorFlowBundlesTest, VariantsAreListedAndVerified) {
  auto reader = Opened("variant");
  ASSERT_NE(reader, nullptr);
  const BundleEntry& entry = reader->entries()[0];
  EXPECT_EQ(entry.dtype_name, "variant");
  EXPECT_EQ(reader->ReadTensor(entry).status().code(),
            absl::StatusCode::kUnimplemented);
  std::string& data =
      files_.contents[std::string(kFolder) + "variant.data-00000-of-00001"];
  for (char& byte : data) {
    byte ^= 1;
    auto damaged = BundleReader::Open(files_, reader->prefix());
    ASSERT_TRUE(damaged.ok());
    EXPECT_EQ((*damaged)->Verify(entry).code(), absl::StatusCode::kDataLoss);
    byte ^= 1;
  }
}

TEST_F(TensorFlowBundlesTest, ManagersFolderIsReadAndWrittenAlike) {
  const std::string text =
      files_.contents[std::string(kFolder) + "manager/checkpoint"];
  const auto state = DecodeCheckpointState(text);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->newest, "ckpt-3");
  EXPECT_EQ(state->all, (std::vector<std::string>{"ckpt-2", "ckpt-3"}));
  EXPECT_EQ(EncodeCheckpointState(*state), text);

  const auto reader = Opened("manager/" + state->newest);
  ASSERT_NE(reader, nullptr);
  const BundleEntry* entry = reader->Find(kObjectGraphKey);
  ASSERT_NE(entry, nullptr);
  const std::string bytes = reader->ReadStrings(*entry)->at(0);
  const auto nodes = DecodeTrackableObjectGraph(bytes);
  ASSERT_TRUE(nodes.ok()) << nodes.status();
  EXPECT_EQ(EncodeTrackableObjectGraph(*nodes), bytes);
  ASSERT_EQ((*nodes)[0].children[0].first, "step");
  const TrackableNode& step = (*nodes)[(*nodes)[0].children[0].second];
  EXPECT_EQ(reader->ReadTensor(*reader->Find(step.checkpoint_key))
                ->values<int64_t>()[0],
            7);
}

// What is read and written again has the same bytes.
TEST_F(TensorFlowBundlesTest, BundleWrittenAgainIsTheSame) {
  const auto reader = Opened("manager/ckpt-3");
  ASSERT_NE(reader, nullptr);
  std::vector<BundleEntry> entries(reader->entries().begin(),
                                   reader->entries().end());
  std::sort(entries.begin(), entries.end(),
            [](const BundleEntry& a, const BundleEntry& b) {
              return a.offset < b.offset;
            });
  auto data = files_.NewWritableFile(BundleDataPath("again", 0, 1));
  auto index = files_.NewWritableFile(BundleIndexPath("again"));
  BundleWriter writer(data->get(), 0, 1);
  for (const BundleEntry& entry : entries) {
    ASSERT_TRUE(
        (entry.is_string()
             ? writer.AddString(entry.key, reader->ReadStrings(entry)->at(0))
             : writer.AddTensor(entry.key, *reader->ReadTensor(entry)))
            .ok());
  }
  ASSERT_TRUE(writer.WriteIndex(index->get()).ok());
  EXPECT_EQ(files_.contents[BundleIndexPath("again")],
            files_.contents[BundleIndexPath(reader->prefix())]);
  EXPECT_EQ(files_.contents[BundleDataPath("again", 0, 1)],
            files_.contents[BundleDataPath(reader->prefix(), 0, 1)]);
}

}  // namespace
}  // namespace cairn
