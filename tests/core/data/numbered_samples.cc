#include "tests/core/data/numbered_samples.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "absl/status/statusor.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

// Memory for a batch of the fields of NumberedSamples.
struct BatchMemory {
  explicit BatchMemory(size_t rows) : inputs(2 * rows), targets(rows) {}
  std::vector<absl::Span<std::byte>> spans() {
    return {{reinterpret_cast<std::byte*>(inputs.data()), 8 * inputs.size()},
            {reinterpret_cast<std::byte*>(targets.data()), targets.size()}};
  }
  std::vector<int64_t> inputs;
  std::vector<uint8_t> targets;
};

std::vector<ReadSample> InBatches(const Samples& samples, int64_t epoch,
                                  int64_t batch_size) {
  std::vector<ReadSample> read;
  for (int64_t begin = 0; begin < samples.size(); begin += batch_size) {
    std::vector<int64_t> numbers(std::min(batch_size, samples.size() - begin));
    std::iota(numbers.begin(), numbers.end(), begin);
    BatchMemory memory(numbers.size());
    const absl::Status status =
        samples.ReadBatch(epoch, absl::MakeSpan(numbers), memory.spans());
    EXPECT_TRUE(status.ok()) << status;
    for (size_t i = 0; i < numbers.size(); ++i) {
      read.push_back({memory.inputs[2 * i], memory.inputs[2 * i + 1]});
      EXPECT_EQ(memory.targets[i],
                static_cast<uint8_t>(memory.inputs[2 * i + 1]));
    }
  }
  return read;
}

}  // namespace

std::vector<BatchField> NumberedSamples::fields() const {
  return {{BatchField::Use::kInput, "who", {DType::kInt64, {2}}},
          {BatchField::Use::kTarget, "", {DType::kUInt8, {}}}};
}

absl::Status NumberedSamples::Read(
    int64_t epoch, int64_t sample,
    absl::Span<const absl::Span<std::byte>> destinations) const {
  EXPECT_GE(sample, 0);
  EXPECT_LT(sample, size_);
  EXPECT_EQ(destinations[0].size(), 16);
  EXPECT_EQ(destinations[1].size(), 1);
  const int64_t who[] = {epoch, sample};
  std::memcpy(destinations[0].data(), who, sizeof(who));
  destinations[1][0] = static_cast<std::byte>(sample);
  return absl::OkStatus();
}

std::vector<ReadSample> ReadAll(const Samples& samples, int64_t epoch) {
  std::vector<ReadSample> read;
  for (int64_t i = 0; i < samples.size(); ++i) {
    BatchMemory memory(1);
    const absl::Status status = samples.Read(epoch, i, memory.spans());
    EXPECT_TRUE(status.ok()) << status;
    read.push_back({memory.inputs[0], memory.inputs[1]});
  }
  for (const int64_t batch_size : {1, 3, 7, 1000}) {
    EXPECT_TRUE(InBatches(samples, epoch, batch_size) == read)
        << "batches of " << batch_size;
  }
  return read;
}

std::vector<int64_t> ReadNumbers(const Samples& samples, int64_t epoch) {
  std::vector<int64_t> numbers;
  for (const ReadSample& sample : ReadAll(samples, epoch)) {
    numbers.push_back(sample.number);
  }
  return numbers;
}

std::vector<int64_t> NextNumbers(BatchSource& source) {
  BatchMemory memory(static_cast<size_t>(source.batch_size()));
  const absl::StatusOr<int64_t> count = source.Next(memory.spans());
  EXPECT_TRUE(count.ok()) << count.status();
  std::vector<int64_t> numbers;
  for (int64_t i = 0; i < *count; ++i) {
    numbers.push_back(memory.inputs[2 * i + 1]);
  }
  return numbers;
}

}  // namespace cairn
