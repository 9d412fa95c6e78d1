// How much memory loading takes beside that of the model: a copy of the state
// at most.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "cairn.h"
#include "gtest/gtest.h"
#include "tests/support/memory_limit.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr int64_t kInputs = 6144, kUnits = 8192;
constexpr int64_t kStateBytes = kInputs * kUnits * 4;
// For threads, caches and what the allocator keeps.
constexpr int64_t kSpareBytes = int64_t{64} << 20;

absl::Status Build(Sequential& model) {
  model.Add<InputLayer>({.shape = {kInputs}});
  model.Add<Dense>({.units = kUnits,
                    .use_bias = false,
                    .kernel_initializer = "ones",
                    .name = "d"});
  return model.EnsureBuilt({{DType::kFloat32, {kDynamic, kInputs}}});
}

class LoadMemoryTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::filesystem::remove_all(Folder());
    ASSERT_TRUE(SucceedsApart([]() -> absl::Status {
      Sequential model;
      CAIRN_RETURN_IF_ERROR(Build(model));
      return SaveWeights(model, Prefix());
    }));
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(Folder()); }
  static std::string Folder() { return testing::TempDir() + "/load_memory"; }
  static std::string Prefix() { return Folder() + "/w"; }

  // Whether `load` gets along with so many copies of the state.
  static bool Fits(int copies,
                   const std::function<absl::Status(Sequential&)>& load) {
    return SucceedsApart([&]() -> absl::Status {
      Sequential model;
      CAIRN_RETURN_IF_ERROR(Build(model));
      CAIRN_RETURN_IF_ERROR(LimitMemory(copies * kStateBytes + kSpareBytes));
      return load(model);
    });
  }
};

TEST_F(LoadMemoryTest, TheLimitIsOne) {
  const auto take = [](Sequential&) {
    const Tensor value = Tensor::Zeros({DType::kUInt8, {kStateBytes}});
    return value.size() > 0 ? absl::OkStatus() : absl::InternalError("");
  };
  EXPECT_FALSE(Fits(0, take));
  EXPECT_TRUE(Fits(1, take));
}

TEST_F(LoadMemoryTest, WeightsAreReadIntoTheirPlace) {
  EXPECT_TRUE(Fits(0, [](Sequential& model) {
    return LoadWeights(model, Prefix()).status();
  }));
}

TEST_F(LoadMemoryTest, NothingIsHeldToVerify) {
  EXPECT_TRUE(Fits(0, [](Sequential&) { return VerifySnapshot(Prefix()); }));
}

TEST_F(LoadMemoryTest, ACheckpointAndASnapshotTakeOneCopy) {
  EXPECT_TRUE(Fits(1, [](Sequential& model) -> absl::Status {
    Checkpoint checkpoint;
    CAIRN_RETURN_IF_ERROR(checkpoint.Add("model", &model));
    return checkpoint.Read(Prefix()).status();
  }));
  EXPECT_TRUE(Fits(1, [](Sequential& model) -> absl::Status {
    CAIRN_ASSIGN_OR_RETURN(const Snapshot snapshot,
                           ReadSnapshot(Prefix(), {Part::kWeights}));
    return model.Restore(snapshot).status();
  }));
}

}  // namespace
}  // namespace cairn
