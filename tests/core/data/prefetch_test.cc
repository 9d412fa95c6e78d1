#include "core/data/prefetch.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/data/shuffle.h"
#include "gtest/gtest.h"
#include "tests/core/data/numbered_samples.h"
#include "tests/support/forwarding_source.h"

namespace cairn {
namespace {

using Numbers = std::vector<int64_t>;

std::unique_ptr<BatchSource> Plain(int64_t samples = 10) {
  return Batch(Shuffle(std::make_shared<NumberedSamples>(samples), 3), 4);
}

std::unique_ptr<BatchSource> Ahead(int batches, int64_t samples = 10) {
  return Prefetch(Plain(samples), batches);
}

std::string PositionOf(const BatchSource& source) {
  return source.SaveState().values.ToJson();
}

// Reads through a gate: each batch waits until it is let through, so that a
// test decides who is fast and who is slow.
class Gate {
 public:
  void Let(int batches) {
    const std::lock_guard<std::mutex> lock(mutex_);
    let_ += batches;
    changed_.notify_all();
  }
  void Pass() {
    std::unique_lock<std::mutex> lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return let_ > 0; });
    --let_;
    ++passed_;
    changed_.notify_all();
  }
  // Until so many came to the gate, let through or not.
  void WaitForArrivals(int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }
  int passed() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return passed_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int let_ = 0, waiting_ = 0, passed_ = 0;
};

// Another source, of which the test may say when it is slow and when it fails.
class Faulty : public ForwardingSource {
 public:
  Faulty(std::unique_ptr<BatchSource> source, Gate* gate, int fail_at = -1)
      : ForwardingSource(std::move(source)), gate_(gate), fail_at_(fail_at) {}
  absl::StatusOr<int64_t> Next(
      absl::Span<const absl::Span<std::byte>> destinations) override {
    if (gate_ != nullptr) gate_->Pass();
    if (calls_++ == fail_at_) return absl::DataLossError("torn");
    return ForwardingSource::Next(destinations);
  }

 private:
  Gate* const gate_;
  const int fail_at_;
  int calls_ = 0;
};

TEST(PrefetchTest, BatchesAndPositionsAreThoseOfTheSource) {
  for (const int batches : {1, 2, 3, 8}) {
    const auto plain = Plain(), ahead = Ahead(batches);
    EXPECT_EQ(ahead->batch_size(), 4);
    EXPECT_EQ(ahead->fields().size(), 2);
    for (int64_t epoch = 0; epoch < 4; ++epoch) {
      ASSERT_TRUE(plain->StartEpoch(epoch).ok());
      ASSERT_TRUE(ahead->StartEpoch(epoch).ok());
      EXPECT_EQ(ahead->batches_per_epoch(), 3);
      for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(PositionOf(*ahead), PositionOf(*plain));
        EXPECT_EQ(NextNumbers(*ahead), NextNumbers(*plain));
      }
    }
  }
}

TEST(PrefetchTest, ANewOneBeginsWithTheFirstBatch) {
  EXPECT_EQ(NextNumbers(*Ahead(2)), NextNumbers(*Plain()));
  const auto started = Plain();
  NextNumbers(*started);
  const auto second = Plain();
  NextNumbers(*second);
  EXPECT_EQ(NextNumbers(*Prefetch(Plain(), 1)).size(), 4);
  auto moved = Plain();
  NextNumbers(*moved);
  EXPECT_EQ(NextNumbers(*Prefetch(std::move(moved), 2)), NextNumbers(*second));
}

TEST(PrefetchTest, ARunThatIsKilledAtAnyBatchSeesEachSampleOnceAnEpoch) {
  constexpr int kEpochs = 2, kBatches = 3;
  std::vector<Numbers> expected;
  for (int64_t epoch = 0; epoch < kEpochs; ++epoch) {
    const auto plain = Plain();
    ASSERT_TRUE(plain->StartEpoch(epoch).ok());
    for (int i = 0; i < kBatches; ++i) {
      expected.push_back(NextNumbers(*plain));
    }
  }
  // Killed twice, after any two numbers of batches, with a batch less or more
  // read ahead each time.
  for (int first = 0; first <= kEpochs * kBatches; ++first) {
    for (int second = first; second <= kEpochs * kBatches; ++second) {
      std::vector<Numbers> seen;
      State saved;
      int64_t epoch = 0;
      bool begun = false;
      int life = 0;
      for (const int end : {first, second, kEpochs * kBatches}) {
        const auto source = life++ % 2 == 0 ? Ahead(3) : Ahead(1);
        if (begun) {
          ASSERT_TRUE(source->RestoreState(saved).ok());
        }
        while (static_cast<int>(seen.size()) < end) {
          if (!begun) {
            ASSERT_TRUE(source->StartEpoch(epoch).ok());
          }
          begun = true;
          const Numbers batch = NextNumbers(*source);
          if (batch.empty()) {
            ++epoch;
            begun = false;
          } else {
            seen.push_back(batch);
          }
        }
        saved = source->SaveState();
      }
      EXPECT_EQ(seen, expected) << first << " and " << second;
    }
  }
}

TEST(PrefetchTest, PrefetchingCanBeAddedAndLeftOut) {
  const auto plain = Plain(), ahead = Ahead(2);
  NextNumbers(*plain);
  ASSERT_TRUE(ahead->RestoreState(plain->SaveState()).ok());
  EXPECT_EQ(NextNumbers(*ahead), NextNumbers(*plain));
  const auto other = Plain();
  ASSERT_TRUE(other->RestoreState(ahead->SaveState()).ok());
  EXPECT_EQ(NextNumbers(*other), NextNumbers(*plain));
}

TEST(PrefetchTest, AsManyBatchesAreReadAheadAsWereAskedFor) {
  Gate gate;
  gate.Let(1000);
  auto source = Prefetch(std::make_unique<Faulty>(Plain(100), &gate), 3);
  ASSERT_TRUE(source->StartEpoch(0).ok());
  gate.WaitForArrivals(3);
  NextNumbers(*source);
  gate.WaitForArrivals(4);
  NextNumbers(*source);
  gate.WaitForArrivals(5);
  source.reset();
  EXPECT_EQ(gate.passed(), 5) << "3 beyond the 2 that were handed out";
}

TEST(PrefetchTest, ASlowSourceIsWaitedFor) {
  Gate gate;
  const auto source = Prefetch(std::make_unique<Faulty>(Plain(), &gate), 2);
  const auto plain = Plain();
  // Reading ahead begins here.
  ASSERT_TRUE(source->StartEpoch(0).ok());
  for (int i = 0; i < 3; ++i) {
    gate.WaitForArrivals(i + 1);
    gate.Let(1);
    EXPECT_EQ(NextNumbers(*source), NextNumbers(*plain));
    EXPECT_EQ(PositionOf(*source), PositionOf(*plain));
    // What the source is at with the next batch shows nowhere.
    gate.WaitForArrivals(i + 2);
    EXPECT_EQ(PositionOf(*source), PositionOf(*plain));
  }
  gate.Let(1000);
}

TEST(PrefetchTest, WhoWaitsCanLookElsewhereAndLosesNoBatch) {
  constexpr absl::Duration kShort = absl::Milliseconds(1);
  Gate gate;
  const auto source = Prefetch(std::make_unique<Faulty>(Plain(4), &gate), 2);
  const auto plain = Plain(4);
  // Begins to read, as Next() does.
  EXPECT_FALSE(source->AwaitNext(kShort));
  gate.WaitForArrivals(1);
  EXPECT_FALSE(source->AwaitNext(kShort));
  EXPECT_EQ(PositionOf(*source), PositionOf(*plain));
  gate.Let(1);
  EXPECT_TRUE(source->AwaitNext(absl::InfiniteDuration()));
  EXPECT_TRUE(source->AwaitNext(absl::ZeroDuration()));
  EXPECT_EQ(PositionOf(*source), PositionOf(*plain));
  EXPECT_EQ(NextNumbers(*source), NextNumbers(*plain));
  EXPECT_EQ(PositionOf(*source), PositionOf(*plain));
  // The end is waited for too, and then known.
  EXPECT_FALSE(source->AwaitNext(kShort));
  gate.Let(1);
  EXPECT_TRUE(source->AwaitNext(absl::InfiniteDuration()));
  EXPECT_TRUE(NextNumbers(*source).empty());
  EXPECT_TRUE(source->AwaitNext(kShort));
}

TEST(PrefetchTest, WhoWaitsAfterAnErrorAsksTheSourceAgain) {
  const auto source =
      Prefetch(std::make_unique<Faulty>(Plain(), nullptr, 0), 2);
  EXPECT_TRUE(source->AwaitNext(absl::InfiniteDuration()));
  std::vector<std::byte> memory(100);
  const absl::Span<std::byte> all(memory.data(), memory.size());
  EXPECT_FALSE(source->Next({all.first(64), all.subspan(64, 4)}).ok());
  EXPECT_TRUE(source->AwaitNext(absl::InfiniteDuration()));
  EXPECT_EQ(NextNumbers(*source), NextNumbers(*Plain()));
}

TEST(PrefetchTest, AnErrorComesInPlaceOfItsBatchAndIsTriedAgain) {
  for (const int batches : {1, 2, 5}) {
    for (int fail_at = 0; fail_at <= 3; ++fail_at) {
      const auto source = Prefetch(
          std::make_unique<Faulty>(Plain(), nullptr, fail_at), batches);
      const auto plain = Plain();
      std::vector<int64_t> inputs(8);
      std::vector<uint8_t> targets(4);
      const std::vector<absl::Span<std::byte>> spans = {
          {reinterpret_cast<std::byte*>(inputs.data()), 64},
          {reinterpret_cast<std::byte*>(targets.data()), 4}};
      for (int i = 0; i < 4; ++i) {
        if (i == fail_at) {
          EXPECT_EQ(source->Next(spans).status(), absl::DataLossError("torn"));
          EXPECT_EQ(PositionOf(*source), PositionOf(*plain));
        }
        EXPECT_EQ(NextNumbers(*source), NextNumbers(*plain));
      }
    }
  }
}

TEST(PrefetchTest, DestinationsThatDoNotFitAreAnErrorAndLoseNoBatch) {
  const auto source = Ahead(2), plain = Plain();
  std::vector<std::byte> memory(100);
  const absl::Span<std::byte> all(memory.data(), memory.size());
  EXPECT_EQ(source->Next({all}).status().message(),
            "a batch has 2 fields, got 1 destinations");
  EXPECT_EQ(
      source->Next({all.first(63), all.subspan(64, 4)}).status().message(),
      "field 0 of the batch, int64 (2,) a sample, needs 64 bytes for 4 "
      "samples, got 63");
  EXPECT_EQ(NextNumbers(*source), NextNumbers(*plain));
}

TEST(PrefetchTest, AStateThatIsRefusedChangesNothing) {
  const auto source = Ahead(2), plain = Plain();
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(source->RestoreState(Plain(11)->SaveState()).ok());
    EXPECT_FALSE(source->StartEpoch(-1).ok());
    EXPECT_EQ(PositionOf(*source), PositionOf(*plain));
    EXPECT_EQ(NextNumbers(*source), NextNumbers(*plain));
  }
}

TEST(PrefetchTest, AnEpochMayBeginAndEndAtAnyMoment) {
  for (int round = 0; round < 300; ++round) {
    const auto source = Ahead(1 + round % 3), plain = Plain();
    for (int step = 0; step < round % 7; ++step) {
      if ((round + step) % 3 == 0) {
        ASSERT_TRUE(source->StartEpoch(round % 5).ok());
        ASSERT_TRUE(plain->StartEpoch(round % 5).ok());
      }
      if ((round + step) % 4 == 1) {
        ASSERT_TRUE(source->RestoreState(plain->SaveState()).ok());
      }
      ASSERT_EQ(NextNumbers(*source), NextNumbers(*plain));
    }
  }
}

TEST(PrefetchTest, AnEpochThatBeganIsNotReadTwice) {
  Gate gate;
  gate.Let(1000);
  auto source = Prefetch(std::make_unique<Faulty>(Plain(100), &gate), 2);
  ASSERT_TRUE(source->StartEpoch(1).ok());
  gate.WaitForArrivals(2);
  ASSERT_TRUE(source->StartEpoch(1).ok());
  const auto plain = Plain(100);
  ASSERT_TRUE(plain->StartEpoch(1).ok());
  EXPECT_EQ(NextNumbers(*source), NextNumbers(*plain));
  gate.WaitForArrivals(3);
  source.reset();
  EXPECT_EQ(gate.passed(), 3);
}

}  // namespace
}  // namespace cairn
