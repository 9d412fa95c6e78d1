#include "core/training/batch_feed.h"

#include <set>
#include <vector>

#include "absl/status/status.h"
#include "core/data/batches.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

const Tensor& Numbers() {
  static const Tensor* const numbers = new Tensor(
      Tensor::FromValues<int32_t>({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {10}));
  return *numbers;
}

// The samples of one epoch, batch by batch.
std::vector<std::vector<int32_t>> ReadEpoch(BatchSource& source,
                                            int64_t epoch) {
  std::vector<std::vector<int32_t>> batches;
  EXPECT_TRUE(IsOk(source.StartEpoch(epoch)));
  std::vector<int32_t> room(source.batch_size());
  for (;;) {
    const absl::StatusOr<int64_t> rows =
        source.Next({absl::MakeSpan(reinterpret_cast<std::byte*>(room.data()),
                                    room.size() * sizeof(int32_t))});
    EXPECT_TRUE(IsOk(rows));
    if (!rows.ok() || *rows == 0) return batches;
    batches.emplace_back(room.begin(), room.begin() + *rows);
  }
}

TEST(BatchFeedTest, TheOrderIsKeptAndTheLastBatchMayBeShort) {
  CAIRN_ASSERT_OK_AND_ASSIGN(
      BatchFeed feed, BatchFeed::Create(Batches(Numbers()), {.batch_size = 4}));
  EXPECT_EQ(
      ReadEpoch(feed.source(), 0),
      (std::vector<std::vector<int32_t>>{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9}}));
}

TEST(BatchFeedTest, ShufflingIsAFunctionOfSeedAndEpoch) {
  const auto read = [](uint64_t seed, int64_t epoch) {
    absl::StatusOr<BatchFeed> feed = BatchFeed::Create(
        Batches(Numbers()), {.batch_size = 10, .shuffle_seed = seed});
    EXPECT_TRUE(IsOk(feed));
    return ReadEpoch(feed->source(), epoch).at(0);
  };
  EXPECT_EQ(read(1, 0), read(1, 0));
  EXPECT_NE(read(1, 0), read(1, 1));
  EXPECT_NE(read(1, 0), read(2, 0));
  const std::vector<int32_t> order = read(1, 0);
  EXPECT_EQ(std::set<int32_t>(order.begin(), order.end()).size(), 10);
}

TEST(BatchFeedTest, APartIsTakenBeforeItIsShuffled) {
  CAIRN_ASSERT_OK_AND_ASSIGN(
      BatchFeed feed,
      BatchFeed::Create(
          Batches(Numbers()),
          {.batch_size = 10, .shuffle_seed = 1, .begin = 3, .end = 7}));
  const std::vector<int32_t> part = ReadEpoch(feed.source(), 0).at(0);
  EXPECT_EQ(std::set<int32_t>(part.begin(), part.end()),
            (std::set<int32_t>{3, 4, 5, 6}));
}

TEST(BatchFeedTest, ASourceIsUsedAsItIs) {
  const absl::StatusOr<SamplesPointer> samples = Batches(Numbers()).samples();
  ASSERT_TRUE(IsOk(samples));
  const std::unique_ptr<BatchSource> source = Batch(*samples, 3);
  CAIRN_ASSERT_OK_AND_ASSIGN(
      BatchFeed feed, BatchFeed::Create(Batches(*source), {.batch_size = 7}));
  EXPECT_EQ(&feed.source(), source.get());
}

TEST(BatchFeedTest, WithoutSamplesThereIsNone) {
  EXPECT_TRUE(IsError(BatchFeed::Create(Batches(), {}), kInvalid, {"no data"}));
  EXPECT_TRUE(IsError(
      BatchFeed::Create(Batches(Tensor::Zeros({DType::kFloat32, {0, 3}})), {}),
      kInvalid, {"no samples"}));
  for (const int64_t size : {0, -3}) {
    EXPECT_TRUE(
        IsError(BatchFeed::Create(Batches(Numbers()), {.batch_size = size}),
                kInvalid, {"batch_size", std::to_string(size)}));
  }
}

TEST(BatchFeedTest, FieldsAreComparedByUseAndSpec) {
  const BatchField x = {.spec = {DType::kUInt8, {784}}};
  const BatchField y = {.use = BatchField::Use::kTarget,
                        .spec = {DType::kInt32, {}}};
  const BatchField z = {.use = BatchField::Use::kTarget,
                        .spec = {DType::kUInt8, {}}};
  EXPECT_TRUE(SameFields({x, y}, {x, y}, true));
  EXPECT_FALSE(SameFields({x, y}, {x, z}, true));
  EXPECT_TRUE(SameFields({x, y}, {x, z}, false));
  EXPECT_TRUE(SameFields({x, y}, {x}, false));
  EXPECT_FALSE(SameFields({x, y}, {x}, true));
  EXPECT_EQ(FieldsToString({x, y}), "input uint8 (784,), target int32 ()");
}

}  // namespace
}  // namespace cairn
