#include "core/data/batch_source.h"

#include <memory>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/data/numbered_samples.h"

namespace cairn {
namespace {

using Numbers = std::vector<int64_t>;

std::unique_ptr<BatchSource> TenInBatchesOf(int64_t batch_size) {
  return Batch(std::make_shared<NumberedSamples>(10), batch_size);
}

std::string ErrorOf(BatchSource& source, Config::Object values) {
  const absl::Status status =
      source.RestoreState({.values = std::move(values)});
  EXPECT_FALSE(status.ok());
  return std::string(status.message());
}

Config::Object Position(int64_t epoch, int64_t batch, int64_t batch_size,
                        int64_t samples) {
  return {{"epoch", epoch},
          {"batch", batch},
          {"batch_size", batch_size},
          {"samples", samples}};
}

TEST(BatchSourceTest, TheLastBatchHasWhatIsLeft) {
  const auto source = TenInBatchesOf(4);
  EXPECT_EQ(source->batches_per_epoch(), 3);
  EXPECT_EQ(NextNumbers(*source), Numbers({0, 1, 2, 3}));
  EXPECT_EQ(NextNumbers(*source), Numbers({4, 5, 6, 7}));
  EXPECT_EQ(NextNumbers(*source), Numbers({8, 9}));
  EXPECT_EQ(NextNumbers(*source), Numbers());
  // The end is the end until an epoch begins.
  EXPECT_EQ(NextNumbers(*source), Numbers());
  ASSERT_TRUE(source->StartEpoch(1).ok());
  EXPECT_EQ(NextNumbers(*source), Numbers({0, 1, 2, 3}));
}

TEST(BatchSourceTest, BatchesMayFillAnEpochExactlyOrNotBeFull) {
  EXPECT_EQ(TenInBatchesOf(5)->batches_per_epoch(), 2);
  EXPECT_EQ(TenInBatchesOf(1)->batches_per_epoch(), 10);
  const auto one = TenInBatchesOf(100);
  EXPECT_EQ(one->batches_per_epoch(), 1);
  EXPECT_EQ(NextNumbers(*one).size(), 10);
  EXPECT_EQ(NextNumbers(*one).size(), 0);
  const auto none = Batch(std::make_shared<NumberedSamples>(0), 4);
  EXPECT_EQ(none->batches_per_epoch(), 0);
  EXPECT_EQ(NextNumbers(*none).size(), 0);
}

TEST(BatchSourceTest, SamplesAreReadInTheEpochThatWasStarted) {
  const auto source = TenInBatchesOf(2);
  ASSERT_TRUE(source->StartEpoch(7).ok());
  std::vector<int64_t> inputs(4);
  std::vector<uint8_t> targets(2);
  const std::vector<absl::Span<std::byte>> spans = {
      {reinterpret_cast<std::byte*>(inputs.data()), 32},
      {reinterpret_cast<std::byte*>(targets.data()), 2}};
  ASSERT_EQ(*source->Next(spans), 2);
  EXPECT_EQ(inputs, std::vector<int64_t>({7, 0, 7, 1}));
  EXPECT_EQ(source->StartEpoch(-1).code(), absl::StatusCode::kInvalidArgument);
}

TEST(BatchSourceTest, AfterAnyBatchTheStateLeadsToTheRest) {
  for (int stop = 0; stop <= 3; ++stop) {
    const auto source = TenInBatchesOf(4);
    ASSERT_TRUE(source->StartEpoch(2).ok());
    for (int i = 0; i < stop; ++i) NextNumbers(*source);
    const auto resumed = TenInBatchesOf(4);
    NextNumbers(*resumed);
    const absl::Status status = resumed->RestoreState(source->SaveState());
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(resumed->SaveState().values, source->SaveState().values);
    for (int i = stop; i <= 3; ++i) {
      EXPECT_EQ(NextNumbers(*resumed), NextNumbers(*source));
    }
  }
}

TEST(BatchSourceTest, OtherBatchesGoOnAtTheSameSample) {
  for (const int64_t before : {1, 3, 4}) {
    for (int batches = 0; batches <= 3; ++batches) {
      for (const int64_t after : {1, 2, 4, 100}) {
        const auto source = TenInBatchesOf(before);
        ASSERT_TRUE(source->StartEpoch(1).ok());
        Numbers all;
        const auto read = [&](BatchSource& from) {
          const Numbers batch = NextNumbers(from);
          all.insert(all.end(), batch.begin(), batch.end());
          return !batch.empty();
        };
        int64_t count = 0;
        for (int i = 0; i < batches; ++i) count += read(*source);
        const auto resumed = TenInBatchesOf(after);
        ASSERT_TRUE(resumed->RestoreState(source->SaveState()).ok());
        const int64_t told = resumed->batches_per_epoch();
        while (read(*resumed)) {
          ++count;
          EXPECT_EQ(resumed->batches_per_epoch(), told);
          // And once more.
          const auto again = TenInBatchesOf(after);
          ASSERT_TRUE(again->RestoreState(resumed->SaveState()).ok());
        }
        EXPECT_EQ(all, Numbers({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
        EXPECT_EQ(told, count);
        ASSERT_TRUE(resumed->StartEpoch(2).ok());
        EXPECT_EQ(resumed->batches_per_epoch(), (10 + after - 1) / after);
      }
    }
  }
}

TEST(BatchSourceTest, AStateOfAnOlderVersionHasNoSample) {
  for (const auto& [batch, next] : std::vector<std::pair<int, Numbers>>{
           {0, {0, 1, 2, 3}}, {1, {4, 5, 6, 7}}, {2, {8, 9}}, {3, {}}}) {
    const auto source = TenInBatchesOf(4);
    ASSERT_TRUE(
        source->RestoreState({.values = Position(1, batch, 4, 10)}).ok());
    EXPECT_EQ(NextNumbers(*source), next);
  }
}

TEST(BatchSourceTest, AStateOfOtherDataIsRefusedAndChangesNothing) {
  const auto source = TenInBatchesOf(4);
  NextNumbers(*source);
  EXPECT_EQ(ErrorOf(*source, Position(0, 2, 4, 11)),
            "the saved run had 11 samples, this one has 10; give it the same "
            "data");
  for (const auto& [epoch, batch] :
       {std::pair<int, int>{0, 4}, {0, -1}, {-1, 0}}) {
    EXPECT_NE(ErrorOf(*source, Position(epoch, batch, 4, 10))
                  .find("is no position in 10 samples"),
              std::string::npos);
  }
  for (const auto& [batch, sample] :
       {std::pair<int, int>{1, 11}, {1, -1}, {0, 3}, {5, 4}}) {
    Config::Object position = Position(0, batch, 4, 10);
    position.emplace_back("sample", sample);
    EXPECT_NE(ErrorOf(*source, position).find("is no position in 10 samples"),
              std::string::npos);
  }
  for (const int batch_size : {0, -1}) {
    EXPECT_NE(
        ErrorOf(*source, Position(0, 1, batch_size, 10)).find("is no position"),
        std::string::npos);
  }
  EXPECT_NE(ErrorOf(*source, {{"epoch", 0}}).find("\"batch\""),
            std::string::npos);
  Config::Object odd = Position(0, 2, 4, 10);
  odd[0].second = "first";
  EXPECT_NE(ErrorOf(*source, odd).find("\"epoch\""), std::string::npos);
  EXPECT_EQ(NextNumbers(*source), Numbers({4, 5, 6, 7}));
}

TEST(BatchSourceTest, DestinationsThatDoNotFitAreAnErrorAndLeaveThePosition) {
  const auto source = TenInBatchesOf(4);
  std::vector<std::byte> memory(100);
  const absl::Span<std::byte> all(memory.data(), memory.size());
  const absl::Status too_few = source->Next({all}).status();
  EXPECT_EQ(too_few.message(), "a batch has 2 fields, got 1 destinations");
  const absl::Status too_small =
      source->Next({all.first(63), all.subspan(64, 4)}).status();
  EXPECT_EQ(too_small.message(),
            "field 0 of the batch, int64 (2,) a sample, needs 64 bytes for 4 "
            "samples, got 63");
  EXPECT_EQ(NextNumbers(*source), Numbers({0, 1, 2, 3}));
}

class FailingSamples : public NumberedSamples {
 public:
  FailingSamples() : NumberedSamples(10) {}
  absl::Status Read(
      int64_t epoch, int64_t sample,
      absl::Span<const absl::Span<std::byte>> destinations) const override {
    if (fail) return absl::DataLossError("torn");
    return NumberedSamples::Read(epoch, sample, destinations);
  }
  bool fail = false;
};

TEST(BatchSourceTest, AnErrorOfTheSamplesLeavesThePosition) {
  const auto samples = std::make_shared<FailingSamples>();
  const auto source = Batch(samples, 4);
  NextNumbers(*source);
  samples->fail = true;
  std::vector<std::byte> memory(100);
  const absl::Span<std::byte> all(memory.data(), memory.size());
  EXPECT_EQ(source->Next({all.first(64), all.subspan(64, 4)}).status(),
            absl::DataLossError("torn"));
  samples->fail = false;
  EXPECT_EQ(NextNumbers(*source), Numbers({4, 5, 6, 7}));
}

}  // namespace
}  // namespace cairn
