#include "saving/format.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/saving/small_snapshot.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

// Files that begin with "toy", and hold one number.
class ToyReader : public SnapshotReader {
 public:
  explicit ToyReader(bool fails) : fails_(fails) {
    tensors_.push_back({.part = Part::kWeights, .path = "w", .key = "w"});
    tensors_.push_back(
        {.part = Part::kExtras, .path = "nobody's", .key = "nobody's"});
  }
  absl::string_view format() const override { return "toy"; }
  const Parts& parts() const override { return parts_; }
  absl::Span<const TensorEntry> tensors() const override { return tensors_; }
  const ObjectGraph& objects() const override { return objects_; }
  int64_t save_counter() const override { return 5; }
  absl::StatusOr<Tensor> ReadTensor(const TensorEntry& entry) const override {
    if (fails_) return absl::DataLossError("torn");
    return Tensor::Scalar<float>(entry.path == "w" ? 2 : 3);
  }
  absl::StatusOr<Config> ReadConfig(Part part) const override {
    if (part != Part::kExtras) return Config();
    if (fails_) return Config(7);
    return Config(Config::Object{{"run", Config::Object{{"step", 1}}}});
  }
  absl::Status Verify() const override { return absl::OkStatus(); }

 private:
  const bool fails_;
  const Parts parts_ = {Part::kWeights, Part::kExtras};
  const ObjectGraph objects_;
  std::vector<TensorEntry> tensors_;
};

class Toy : public Format {
 public:
  absl::string_view name() const override { return "a_toy"; }
  absl::string_view short_name() const override { return "toy"; }
  bool Recognizes(FileSystem& files, const std::string& path) const override {
    const auto text = ReadFile(files, path);
    return text.ok() && text->substr(0, 3) == "toy";
  }
  std::unique_ptr<SnapshotWriter> NewWriter() const override { return nullptr; }
  absl::StatusOr<std::unique_ptr<SnapshotReader>> Open(
      FileSystem&, const std::string&) const override {
    return std::make_unique<ToyReader>(false);
  }
};

CAIRN_REGISTER_FORMAT(Toy);

TEST(FormatTest, IsFoundByItsNames) {
  for (const char* name : {"a_toy", "toy"}) {
    const Format* const found = FindFormat(name);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->name(), "a_toy");
  }
  for (const char* name : {"tf_checkpoint", "tf"}) {
    const Format* const found = FindFormat(name);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->name(), "tf_checkpoint");
  }
  EXPECT_EQ(FindFormat(""), nullptr);
  EXPECT_EQ(FindFormat("h4"), nullptr);
}

TEST(FormatTest, AllAreListedByName) {
  std::vector<std::string> names;
  for (const Format* format : Formats()) names.emplace_back(format->name());
  EXPECT_EQ(names, (std::vector<std::string>{"a_toy", "tf_checkpoint"}));
}

TEST(FormatDeathTest, ANameTwiceEndsTheProcess) {
  EXPECT_DEATH(RegisterFormat(std::make_unique<Toy>()), "is_new");
}

TEST(OpenFileTest, ContentChoosesTheFormat) {
  FaultFileSystem files;
  files.Put("x", "toy 1");
  ASSERT_TRUE(
      IsOk(FindFormat("tf")->Write(SmallSnapshot(1), "y", {.files = &files})));
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto x, OpenFile(files, "x"));
  EXPECT_EQ(x->format(), "toy");
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto y, OpenFile(files, "y"));
  EXPECT_EQ(y->format(), "tf_checkpoint");
}

TEST(OpenFileTest, NothingIsNotFoundWithTheFileLookedFor) {
  FaultFileSystem files;
  EXPECT_TRUE(IsError(OpenFile(files, "run/x").status(),
                      absl::StatusCode::kNotFound, {"run/x.index"}));
}

TEST(ReadAllTest, TakesThePartsThatAreAskedForAndThere) {
  const ToyReader reader(false);
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot all, ReadAll(reader, AllParts()));
  EXPECT_EQ(all.parts, (Parts{Part::kWeights, Part::kExtras}));
  EXPECT_EQ(all.save_counter, 5);
  ASSERT_EQ(all.weights->size(), 1u);
  EXPECT_EQ((*all.weights)[0].name, "w");
  ASSERT_EQ(all.extras.size(), 1u);
  EXPECT_TRUE(all.extras.at("run").tensors.empty());
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot none,
                             ReadAll(reader, {Part::kOptimizer}));
  EXPECT_TRUE(none.parts.empty());
  EXPECT_TRUE(none.weights->empty() && none.extras.empty());
}

TEST(ReadAllTest, ErrorsAreHandedOn) {
  const ToyReader reader(true);
  EXPECT_TRUE(absl::IsDataLoss(ReadAll(reader, {Part::kWeights}).status()));
  EXPECT_FALSE(ReadAll(reader, {Part::kExtras}).ok());
}

TEST(ReadForRestoreTest, HeldOrReadAgainItIsTheSame) {
  FaultFileSystem files;
  ASSERT_TRUE(
      IsOk(FindFormat("tf")->Write(SmallSnapshot(1), "x", {.files = &files})));
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader, OpenFile(files, "x"));
  CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot wanted,
                             ReadAll(*reader, AllParts()));
  for (const int64_t most_held : {0, 1 << 20}) {
    CAIRN_ASSERT_OK_AND_ASSIGN(Snapshot found,
                               ReadForRestore(*reader, AllParts(), most_held));
    for (auto* list : {&found.weights, &found.optimizer}) {
      for (NamedTensor& tensor : *list) {
        EXPECT_TRUE(tensor.value.is_stored());
        CAIRN_ASSERT_OK_AND_ASSIGN(tensor.value, tensor.value.Load());
      }
    }
    EXPECT_EQ(DescribeSnapshot(found), DescribeSnapshot(wanted));
  }
}

TEST(ReadForRestoreTest, WhatIsHeldIsNotReadAgainAndTheRestIs) {
  FaultFileSystem files;
  ASSERT_TRUE(
      IsOk(FindFormat("tf")->Write(SmallSnapshot(1), "x", {.files = &files})));
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader, OpenFile(files, "x"));
  for (const int64_t most_held : {0, 1 << 20}) {
    CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot found,
                               ReadForRestore(*reader, AllParts(), most_held));
    const int reads = files.reads();
    EXPECT_TRUE(IsOk((*found.weights)[0].value.Load()));
    EXPECT_EQ(files.reads() - reads, most_held == 0 ? 1 : 0);
  }
}

TEST(ReadForRestoreTest, DamageIsFoundBeforeAnythingIsHandedOut) {
  FaultFileSystem files;
  ASSERT_TRUE(
      IsOk(FindFormat("tf")->Write(SmallSnapshot(1), "x", {.files = &files})));
  std::string data = files.Contents()["x.data-00000-of-00001"];
  // Of the kernel; the save counter, which is read at once, lies behind it.
  data[8] = static_cast<char>(~data[8]);
  files.Put("x.data-00000-of-00001", data);
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader, OpenFile(files, "x"));
  for (const int64_t most_held : {0, 1 << 20}) {
    EXPECT_TRUE(IsError(ReadForRestore(*reader, AllParts(), most_held).status(),
                        absl::StatusCode::kDataLoss,
                        {"x.data-00000-of-00001", "bytes 4 to ", "checksum"}));
  }
}

TEST(VerifyTest, WhatWasReadAndIsGoodIsNotReadAgain) {
  FaultFileSystem files;
  ASSERT_TRUE(
      IsOk(FindFormat("tf")->Write(SmallSnapshot(1), "x", {.files = &files})));
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader, OpenFile(files, "x"));
  int reads = files.reads();
  ASSERT_TRUE(IsOk(reader->Verify()));
  const int all = files.reads() - reads;
  CAIRN_ASSERT_OK_AND_ASSIGN(const auto other, OpenFile(files, "x"));
  ASSERT_TRUE(IsOk(ReadAll(*other, AllParts())));
  reads = files.reads();
  ASSERT_TRUE(IsOk(other->Verify()));
  EXPECT_LT(files.reads() - reads, all);
}

}  // namespace
}  // namespace cairn
