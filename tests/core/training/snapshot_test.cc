#include "core/training/snapshot.h"

#include <vector>

#include "core/runtime/thread_team.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

Snapshot MakeSnapshot(const Tensor& weight, const Tensor& slot,
                      const Tensor& total) {
  Snapshot snapshot;
  snapshot.weights.Mutable().push_back({"w", weight});
  snapshot.optimizer.Mutable().push_back({"m/w", slot});
  snapshot.extras["run"].tensors.push_back({"total", total});
  return snapshot;
}

TEST(SnapshotTest, ADetachedSnapshotKeepsItsValues) {
  Tensor weight = Tensor::FromValues<float>({1, 2}, {2});
  Tensor slot = Tensor::FromValues<float>({3, 4}, {2});
  Tensor total = Tensor::Scalar<double>(5);
  Snapshot snapshot = MakeSnapshot(weight, slot, total);
  SnapshotBuffers buffers;
  snapshot.Detach(buffers);
  weight.mutable_values<float>()[1] = 20;
  slot.mutable_values<float>()[0] = 30;
  total.mutable_values<double>()[0] = 50;
  EXPECT_EQ(snapshot.FindTensor("w")->values<float>()[1], 2);
  EXPECT_EQ(snapshot.FindTensor("m/w")->values<float>()[0], 3);
  EXPECT_EQ(snapshot.extras["run"].tensors[0].value.values<double>()[0], 5);
}

TEST(SnapshotTest, AllTensorsAreCounted) {
  EXPECT_EQ(Snapshot().TensorBytes(), 0);
  const Tensor weight = Tensor::FromValues<float>({1, 2}, {2});
  EXPECT_EQ(
      MakeSnapshot(weight, weight, Tensor::Scalar<double>(5)).TensorBytes(),
      8 + 8 + 8);
}

TEST(SnapshotTest, BuffersAreUsedAgain) {
  const Tensor weight = Tensor::FromValues<float>({1, 2}, {2});
  const Tensor total = Tensor::Scalar<double>(5);
  SnapshotBuffers buffers;
  const std::byte* first = nullptr;
  for (int i = 0; i < 3; ++i) {
    Snapshot snapshot = MakeSnapshot(weight, weight, total);
    snapshot.Detach(buffers);
    const std::byte* const at = (*snapshot.weights)[0].value.bytes().data();
    EXPECT_NE(at, weight.bytes().data());
    EXPECT_NE(at, (*snapshot.optimizer)[0].value.bytes().data());
    if (first == nullptr) first = at;
    EXPECT_EQ(at, first);
  }
}

TEST(SnapshotTest, SnapshotsThatShareTheirListsAreDetachedIntoOneList) {
  Tensor weight = Tensor::FromValues<float>({1, 2}, {2});
  const Snapshot live = MakeSnapshot(weight, weight, Tensor::Scalar<double>(5));
  SnapshotBuffers buffers;
  Snapshot first = live;
  first.Detach(buffers);
  EXPECT_FALSE(first.weights.SharesWith(live.weights));
  weight.mutable_values<float>()[0] = 7;
  Snapshot second = live;
  second.Detach(buffers);
  EXPECT_TRUE(second.weights.SharesWith(first.weights));
  EXPECT_EQ(second.FindTensor("w")->values<float>()[0], 7);
  EXPECT_EQ(second.FindTensor("m/w")->values<float>()[0], 7);
}

TEST(SnapshotTest, LargeTensorsAreDetachedWhole) {
  constexpr int64_t kCount = (int64_t{5} << 18) + 3;  // Of more than 5 MB.
  Tensor weight = Tensor::Zeros({DType::kFloat32, {kCount}});
  const absl::Span<float> values = weight.mutable_values<float>();
  for (int64_t i = 0; i < kCount; ++i) values[i] = static_cast<float>(i % 1013);
  ThreadTeam alone(1), two(2), three(3);
  for (ThreadTeam* const team :
       {static_cast<ThreadTeam*>(nullptr), &alone, &two, &three}) {
    Snapshot snapshot = MakeSnapshot(
        weight, Tensor::FromValues<float>({4}, {1}), Tensor::Scalar<double>(5));
    SnapshotBuffers buffers;
    snapshot.Detach(buffers, team);
    EXPECT_EQ(snapshot.FindTensor("w")->values<float>(), values);
    EXPECT_EQ(snapshot.FindTensor("m/w")->values<float>()[0], 4);
  }
}

TEST(SnapshotTest, TensorsThatLieOneBehindAnotherKeepTheirOwnValues) {
  std::vector<TensorSpec> specs;
  for (int64_t i = 0; i < 4000; ++i) {
    specs.push_back({DType::kFloat32, {i % 50}});
  }
  std::vector<Tensor> tensors = Tensor::ZerosTogether(specs);
  float next = 0;
  for (Tensor& tensor : tensors) {
    for (float& value : tensor.mutable_values<float>()) value = next++;
  }
  // Some in order, some of other memory between them, some backwards.
  Snapshot snapshot;
  for (size_t i = 0; i < tensors.size(); ++i) {
    snapshot.weights.Mutable().push_back({"w", tensors[i]});
    if (i % 11 == 0) {
      snapshot.weights.Mutable().push_back({"other", tensors[i].Clone()});
    }
    snapshot.optimizer.Mutable().push_back(
        {"m", tensors[tensors.size() - 1 - i]});
  }
  const Snapshot live = snapshot;
  ThreadTeam team(2);
  SnapshotBuffers buffers;
  team.WakeUp();
  snapshot.Detach(buffers, &team);
  const auto expect_equal = [](const NamedTensors& copies,
                               const NamedTensors& sources) {
    ASSERT_EQ(copies->size(), sources->size());
    for (size_t i = 0; i < copies->size(); ++i) {
      const Tensor& copy = (*copies)[i].value;
      ASSERT_EQ(copy.values<float>(), (*sources)[i].value.values<float>()) << i;
      ASSERT_FALSE(copy.SharesMemoryWith((*sources)[i].value));
    }
  };
  expect_equal(snapshot.weights, live.weights);
  expect_equal(snapshot.optimizer, live.optimizer);
}

TEST(SnapshotTest, BuffersFollowAChangeOfSpecs) {
  SnapshotBuffers buffers;
  Snapshot small = MakeSnapshot(Tensor::FromValues<float>({1, 2}, {2}),
                                Tensor::FromValues<float>({1, 2}, {2}),
                                Tensor::Scalar<double>(5));
  small.Detach(buffers);
  Snapshot large = MakeSnapshot(Tensor::FromValues<float>({6, 7, 8}, {3}),
                                Tensor::FromValues<int32_t>({9, 9}, {2}),
                                Tensor::Scalar<double>(5));
  large.Detach(buffers);
  EXPECT_EQ((*large.weights)[0].value.values<float>()[2], 8);
  EXPECT_EQ((*large.optimizer)[0].value.values<int32_t>()[1], 9);
}

}  // namespace
}  // namespace cairn
