// A batch that was read ahead is handed out without an allocation.
#include "core/data/prefetch.h"

#include <cstring>
#include <memory>
#include <semaphore>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/allocation_guard.h"

namespace cairn {
namespace {

// Gives four batches at once and then waits, so that the thread is still.
class FourBatches : public BatchSource {
 public:
  std::counting_semaphore<> read{0}, go_on{0};

  std::vector<BatchField> fields() const override {
    return {{.spec = {DType::kFloat32, {16}}}};
  }
  int64_t batch_size() const override { return 8; }
  int64_t batches_per_epoch() const override { return 0; }
  absl::StatusOr<int64_t> Next(
      absl::Span<const absl::Span<std::byte>> destinations) override {
    if (count_ == 4) {
      read.release();
      go_on.acquire();
      return 0;
    }
    std::memset(destinations[0].data(), ++count_, destinations[0].size());
    return 8;
  }
  absl::Status StartEpoch(int64_t) override { return absl::OkStatus(); }
  State SaveState() const override {
    return {.values = Config::Object{{"count", count_}}};
  }
  absl::Status RestoreState(const State&) override { return absl::OkStatus(); }

 private:
  int count_ = 0;
};

TEST(PrefetchAllocationTest, ABatchThatWasReadAheadIsHandedOutWithoutOne) {
  auto owned = std::make_unique<FourBatches>();
  FourBatches& inner = *owned;
  const auto source = Prefetch(std::move(owned), 5);
  ASSERT_TRUE(source->StartEpoch(0).ok());
  inner.read.acquire();
  std::vector<std::byte> memory(8 * 16 * sizeof(float));
  const absl::Span<std::byte> destination(memory.data(), memory.size());
  int64_t count = 0;
  int sum = 0;
  {
    const AllocationGuard guard;
    for (int i = 0; i < 4; ++i) {
      const auto rows = source->Next({&destination, 1});
      sum += rows.ok() ? static_cast<int>(memory[0]) : 0;
    }
    count = guard.count();
  }
  inner.go_on.release();
  EXPECT_EQ(sum, 1 + 2 + 3 + 4);
  EXPECT_EQ(count, 0);
}

}  // namespace
}  // namespace cairn
