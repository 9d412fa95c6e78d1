// What it takes to make one batch of 128 images of 784 numbers with labels, as
// Fit() does before each step, from 60000 images in memory. Bytes per second
// are of the batch made.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "benchmark/benchmark.h"
#include "benchmarks/inputs.h"
#include "benchmarks/report_error.h"
#include "core/base/status_macros.h"
#include "core/data/batch_source.h"
#include "core/data/rescale.h"
#include "core/data/samples.h"
#include "core/data/shuffle.h"
#include "core/data/tensor_samples.h"
#include "core/tensor/tensor.h"

namespace cairn {
namespace {

constexpr int64_t kImages = 60000, kPixels = 784, kBatch = 128;
constexpr uint64_t kSeed = 1;

// Images that are kept as bytes, and become float32 in [0, 1] in each batch.
absl::StatusOr<SamplesPointer> RescaledBytes() {
  CAIRN_ASSIGN_OR_RETURN(const SamplesPointer bytes,
                         FromTensors({{"", RandomBytes({kImages, kPixels})}},
                                     {{"", RandomLabels(kImages)}}));
  return Rescale(bytes, 1 / 255.0, {kPixels});
}

// Images that are kept as float32, four times as large.
absl::StatusOr<SamplesPointer> Floats() {
  return FromTensors({{"", RandomFloats({kImages, kPixels}, 0, 1)}},
                     {{"", RandomLabels(kImages)}});
}

absl::StatusOr<SamplesPointer> Shuffled(
    absl::StatusOr<SamplesPointer> samples) {
  if (!samples.ok()) return samples;
  return Shuffle(*std::move(samples), kSeed);
}

absl::Status MeasureBatches(benchmark::State& state,
                            const absl::StatusOr<SamplesPointer>& samples) {
  CAIRN_RETURN_IF_ERROR(samples.status());
  const std::unique_ptr<BatchSource> source = Batch(*samples, kBatch);
  Tensor images = Tensor::Zeros({DType::kFloat32, {kBatch, kPixels}});
  Tensor labels = Tensor::Zeros({DType::kUInt8, {kBatch}});
  const std::vector<absl::Span<std::byte>> destinations = {
      images.mutable_bytes(), labels.mutable_bytes()};
  int64_t epoch = 0, made = 0;
  for (auto _ : state) {
    CAIRN_ASSIGN_OR_RETURN(int64_t rows, source->Next(destinations));
    if (rows == 0) {
      CAIRN_RETURN_IF_ERROR(source->StartEpoch(++epoch));
      CAIRN_ASSIGN_OR_RETURN(rows, source->Next(destinations));
    }
    made += rows;
  }
  state.SetItemsProcessed(made);
  state.SetBytesProcessed(made * (kPixels * int64_t{sizeof(float)} + 1));
  return absl::OkStatus();
}

void BM_BatchOfBytes(benchmark::State& state) {
  ReportError(state, MeasureBatches(state, RescaledBytes()));
}
BENCHMARK(BM_BatchOfBytes);

void BM_BatchOfBytesShuffled(benchmark::State& state) {
  ReportError(state, MeasureBatches(state, Shuffled(RescaledBytes())));
}
BENCHMARK(BM_BatchOfBytesShuffled);

void BM_BatchOfFloats(benchmark::State& state) {
  ReportError(state, MeasureBatches(state, Floats()));
}
BENCHMARK(BM_BatchOfFloats);

void BM_BatchOfFloatsShuffled(benchmark::State& state) {
  ReportError(state, MeasureBatches(state, Shuffled(Floats())));
}
BENCHMARK(BM_BatchOfFloatsShuffled);

}  // namespace
}  // namespace cairn
