#include "core/data/shuffle.h"

#include <memory>
#include <utility>

#include "core/data/permutation.h"
#include "core/data/sample_view.h"

namespace cairn {
namespace {

class ShuffledSamples : public SampleView {
 public:
  ShuffledSamples(SamplesPointer samples, uint64_t seed)
      : SampleView(std::move(samples)), seed_(seed) {}

  int64_t size() const override { return below().size(); }

 protected:
  void Translate(int64_t epoch, absl::Span<int64_t> samples) const override {
    const Permutation order(seed_, static_cast<uint64_t>(epoch), size());
    for (int64_t& sample : samples) sample = order(sample);
  }

 private:
  const uint64_t seed_;
};

}  // namespace

SamplesPointer Shuffle(SamplesPointer samples, uint64_t seed) {
  return std::make_shared<ShuffledSamples>(std::move(samples), seed);
}

}  // namespace cairn
