#include "saving/checkpoint_average.h"

#include <string>
#include <vector>

#include "core/tensor/element_types.h"
#include "gtest/gtest.h"
#include "saving/codec/tensor_bundle.h"
#include "saving/save.h"
#include "tests/saving/small_snapshot.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Code = absl::StatusCode;

class CheckpointAverageTest : public ::testing::Test {
 protected:
  CheckpointAverageTest() { files_.Put("run/notes.txt", ""); }

  void Put(const std::string& path, const Snapshot& snapshot) {
    ASSERT_TRUE(
        IsOk(FindFormat("tf")->Write(snapshot, path, {.files = &files_})));
  }

  absl::StatusOr<AverageReport> Average(const std::vector<std::string>& paths) {
    return AverageCheckpoints(paths, "run/mean", {.files = &files_});
  }

  Snapshot ReadMean() {
    const auto snapshot =
        ReadSnapshot("run/mean", AllParts(), {.files = &files_});
    EXPECT_TRUE(IsOk(snapshot));
    return snapshot.value_or(Snapshot());
  }

  FaultFileSystem files_;
};

TEST_F(CheckpointAverageTest, FloatsAreAveragedAndTheRestIsTheLastOnes) {
  Put("run/a", SmallSnapshot(1));
  Put("run/b", SmallSnapshot(2));
  Put("run/c", SmallSnapshot(6));
  CAIRN_ASSERT_OK_AND_ASSIGN(const AverageReport report,
                             Average({"run/a", "run/b", "run/c"}));
  EXPECT_GE(report.averaged, 4);
  EXPECT_GT(report.equal, 0);
  EXPECT_FALSE(report.of_last.empty());
  const Snapshot mean = ReadMean();
  const Tensor* const kernel = mean.FindTensor("dense/kernel");
  ASSERT_NE(kernel, nullptr);
  // Of 1.5, 2.5, 6.5 and of -2, -4, -12.
  EXPECT_EQ(kernel->values<float>()[0], 3.5f);
  EXPECT_EQ(kernel->values<float>()[1], -6.0f);
  EXPECT_EQ(mean.FindTensor("dense/bias")->values<int32_t>()[0], 6);
  EXPECT_EQ(mean.FindTensor("iterations")->values<int64_t>()[0], 6);
  EXPECT_EQ(*mean.extras.at("run").values.Get<int64_t>("step"), 6);
}

TEST_F(CheckpointAverageTest, ALargeOneLiesInSeveralDataFiles) {
  Put("run/a", SmallSnapshot(1));
  const auto bundle = BundleReader::Open(files_, "run/a");
  ASSERT_TRUE(IsOk(bundle));
  int64_t bytes = 0;
  for (const BundleEntry& entry : (*bundle)->entries()) bytes += entry.size;
  ASSERT_TRUE(
      IsOk(AverageCheckpoints({"run/a"}, "run/mean",
                              {.shard_bytes = bytes / 3 + 1, .files = &files_})
               .status()));
  EXPECT_EQ(files_.Contents().count("run/mean.data-00002-of-00003"), 1u);
  ReadMean();
}

TEST_F(CheckpointAverageTest, SumsAreExactWhereFloatsWouldCancel) {
  const float values[] = {1e8f, 1.0f, -1e8f};
  std::vector<std::string> paths;
  for (const float value : values) {
    Snapshot snapshot = SmallSnapshot(1);
    snapshot.weights.Mutable()[0].value =
        Tensor::FromValues<float>({value, 0}, {2, 1});
    paths.push_back("run/x" + std::to_string(paths.size()));
    Put(paths.back(), snapshot);
  }
  ASSERT_TRUE(IsOk(Average(paths)));
  EXPECT_EQ(ReadMean().FindTensor("dense/kernel")->values<float>()[0],
            static_cast<float>(1.0 / 3));
}

TEST_F(CheckpointAverageTest, SixteenBitsAreAveragedToo) {
  const auto with = [](float value) {
    Snapshot snapshot = SmallSnapshot(1);
    Tensor tensor = Tensor::Zeros({DType::kBFloat16, {1}});
    MutableElementsOf<BFloat16>(tensor)[0] = BFloat16(value);
    snapshot.weights.Mutable()[0].value = tensor;
    return snapshot;
  };
  Put("run/a", with(1));
  Put("run/b", with(4));
  ASSERT_TRUE(IsOk(Average({"run/a", "run/b"})));
  EXPECT_EQ(ElementToDouble(ElementsOf<BFloat16>(
                *ReadMean().FindTensor("dense/kernel"))[0]),
            2.5);
}

TEST_F(CheckpointAverageTest, OthersThanOneModelsAreRefused) {
  Put("run/a", SmallSnapshot(1));
  Put("run/weights", SmallWeights(1));
  EXPECT_TRUE(IsError(Average({"run/a", "run/weights"}), Code::kInvalidArgument,
                      {"run/weights", "one model"}));
  Snapshot other = SmallSnapshot(1);
  other.weights.Mutable()[0].value = Tensor::Zeros({DType::kFloat32, {3}});
  Put("run/b", other);
  EXPECT_TRUE(IsError(Average({"run/a", "run/b"}), Code::kInvalidArgument,
                      {"float32 (2, 1)", "float32 (3,)"}));
  EXPECT_TRUE(IsError(Average({}), Code::kInvalidArgument, {"no checkpoints"}));
  EXPECT_EQ(files_.Contents().count("run/mean.index"), 0u);
}

}  // namespace
}  // namespace cairn
