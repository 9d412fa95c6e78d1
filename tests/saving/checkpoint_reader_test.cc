#include "saving/checkpoint_reader.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "saving/format.h"
#include "tests/saving/small_snapshot.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr char kKernel[] =
    "model/layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE";

void Write(FaultFileSystem& files, const std::string& prefix, int value) {
  ASSERT_TRUE(IsOk(FindFormat("tf")->Write(SmallSnapshot(value), prefix,
                                           {.files = &files})));
}

TEST(CheckpointReaderTest, ListsEveryEntryWithTypeShapeAndBytes) {
  FaultFileSystem files;
  Write(files, "x", 3);
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader,
                             CheckpointReader::Open("x", files));
  EXPECT_EQ(reader->prefix(), "x");
  std::vector<std::string> lines;
  for (const CheckpointReader::Entry& entry : reader->entries()) {
    lines.push_back(absl::StrCat(entry.key, " ", entry.dtype, " ",
                                 ShapeToString(entry.shape)));
    EXPECT_GT(entry.bytes, 0);
  }
  ASSERT_EQ(lines.size(), 13u);
  EXPECT_EQ(lines[0], "_CAIRN/architecture string ()");
  EXPECT_EQ(lines[5], "_CAIRN/state/run/random_counter uint64 (2,)");
  EXPECT_EQ(lines[8], absl::StrCat(kKernel, " float32 (2, 1)"));
  EXPECT_EQ(reader->entries()[8].bytes, 8);
}

TEST(CheckpointReaderTest, ReadsOneTensorAndOneText) {
  FaultFileSystem files;
  Write(files, "x", 3);
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader,
                             CheckpointReader::Open("x", files));
  EXPECT_TRUE(reader->Contains(kKernel));
  EXPECT_FALSE(reader->Contains("kernel"));
  const int reads = files.reads();
  CAIRN_ASSERT_OK_AND_ASSIGN(const Tensor kernel, reader->ReadTensor(kKernel));
  EXPECT_EQ(files.reads(), reads + 1);
  EXPECT_EQ(kernel.values<float>()[0], 3.5f);
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto texts,
                             reader->ReadStrings("_CAIRN/architecture"));
  EXPECT_EQ(texts,
            (std::vector<std::string>{"{\"class_name\":\"Sequential\"}"}));
}

// However much else there is, in however many data files.
TEST(CheckpointReaderTest, OneTensorTakesTheIndexAndItsOwnBytes) {
  for (const int64_t shard_bytes : {int64_t{1} << 40, int64_t{1} << 20}) {
    FaultFileSystem files;
    Snapshot snapshot = SmallSnapshot(3);
    for (int i = 0; i < 100; ++i) {
      State& state = snapshot.extras[absl::StrCat("user/", i)];
      const int64_t size = i == 50 ? 1000 : 65536;
      state.tensors = {{"x", Tensor::Zeros({DType::kUInt8, {size}})}};
    }
    ASSERT_TRUE(IsOk(FindFormat("tf")->Write(
        snapshot, "x", {.shard_bytes = shard_bytes, .files = &files})));
    int64_t all = 0;
    for (const auto& [path, content] : files.Contents()) all += content.size();
    EXPECT_GT(all, 6'000'000);
    const auto index_bytes =
        static_cast<int64_t>(files.Contents()["x.index"].size());
    EXPECT_LT(index_bytes, 20'000);

    CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader,
                               CheckpointReader::Open("x", files));
    EXPECT_EQ(reader->entries().size(), 13u + 200u);
    EXPECT_LE(files.bytes_read(), index_bytes);
    const int64_t before = files.bytes_read();
    CAIRN_ASSERT_OK_AND_ASSIGN(const Tensor value,
                               reader->ReadTensor("_CAIRN/state/user.S50/x"));
    EXPECT_EQ(value.shape(), Shape{1000});
    EXPECT_EQ(files.bytes_read(), before + 1000);
    ASSERT_TRUE(IsOk(reader->Verify("_CAIRN/state/user.S50/x")));
    EXPECT_EQ(files.bytes_read(), before + 2000);
  }
}

TEST(CheckpointReaderTest, AnUnknownKeyIsNotFoundWithKeysThatComeNear) {
  FaultFileSystem files;
  Write(files, "x", 3);
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader,
                             CheckpointReader::Open("x", files));
  EXPECT_TRUE(IsError(
      reader->ReadTensor("model/layer_with_weights-0/kernel/.ATTRIBUTES/VALUE"),
      absl::StatusCode::kNotFound, {"checkpoint key", kKernel}));
  EXPECT_TRUE(IsError(reader->ReadStrings("nothing"),
                      absl::StatusCode::kNotFound, {"nothing"}));
}

TEST(CheckpointReaderTest, TheOtherKindOfTensorIsAnErrorWithTheKey) {
  FaultFileSystem files;
  Write(files, "x", 3);
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader,
                             CheckpointReader::Open("x", files));
  EXPECT_TRUE(IsError(reader->ReadTensor("_CAIRN/architecture"),
                      absl::StatusCode::kUnimplemented,
                      {"_CAIRN/architecture", "string"}));
  EXPECT_TRUE(IsError(reader->ReadStrings(kKernel),
                      absl::StatusCode::kUnimplemented, {kKernel, "float32"}));
}

TEST(CheckpointReaderTest, TakesAnIndexOrAFolder) {
  FaultFileSystem files;
  files.Put("run/notes.txt", "");
  Write(files, "run/ckpt-3", 3);
  Write(files, "run/ckpt-4", 4);
  for (const char* path : {"run/ckpt-4", "run/ckpt-4.index", "run", "run/"}) {
    CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader,
                               CheckpointReader::Open(path, files));
    EXPECT_EQ(BaseName(reader->prefix()), "ckpt-4") << path;
  }
}

TEST(CheckpointReaderTest, ACheckpointGoesBeforeAFolderOfItsName) {
  FaultFileSystem files;
  files.Put("x/notes.txt", "");
  Write(files, "x", 3);
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader,
                             CheckpointReader::Open("x", files));
  EXPECT_EQ(reader->prefix(), "x");
}

TEST(CheckpointReaderTest, NothingAndDamageAreErrorsWithTheFile) {
  FaultFileSystem files;
  files.Put("y.index", "torn");
  EXPECT_TRUE(IsError(CheckpointReader::Open("x", files).status(),
                      absl::StatusCode::kNotFound, {"x.index"}));
  EXPECT_TRUE(IsError(CheckpointReader::Open("y", files).status(),
                      absl::StatusCode::kDataLoss, {"y.index"}));
  Write(files, "x", 3);
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader,
                             CheckpointReader::Open("x", files));
  std::string data = files.Contents()["x.data-00000-of-00001"];
  for (char& byte : data) byte = static_cast<char>(~byte);
  files.Put("x.data-00000-of-00001", data);
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto damaged,
                             CheckpointReader::Open("x", files));
  EXPECT_TRUE(IsError(damaged->ReadTensor(kKernel), absl::StatusCode::kDataLoss,
                      {kKernel, "x.data-00000-of-00001"}));
}

TEST(CheckpointReaderTest, ReadsTheObjectsAsTheFileHasThem) {
  FaultFileSystem files;
  Write(files, "x", 3);
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader,
                             CheckpointReader::Open("x", files));
  CAIRN_ASSERT_OK_AND_ASSIGN(const ObjectGraph objects, reader->ReadObjects());
  int node = 0;
  for (const char* edge : {"model", "layer_with_weights-0", "kernel"}) {
    node = objects.Find(node, edge);
    ASSERT_GE(node, 0) << edge;
  }
  EXPECT_EQ(objects.nodes[node].kind, ObjectGraph::Kind::kVariable);
  EXPECT_EQ(objects.nodes[node].tensor, kKernel);
  EXPECT_TRUE(IsOk(reader->Verify(kKernel)));
}

}  // namespace
}  // namespace cairn
