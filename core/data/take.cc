#include "core/data/take.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/data/sample_view.h"

namespace cairn {
namespace {

class SampleRange : public SampleView {
 public:
  SampleRange(SamplesPointer samples, int64_t begin, int64_t end)
      : SampleView(std::move(samples)), begin_(begin), end_(end) {}

  int64_t size() const override { return end_ - begin_; }

 protected:
  void Translate(int64_t, absl::Span<int64_t> samples) const override {
    for (int64_t& sample : samples) sample += begin_;
  }

 private:
  const int64_t begin_, end_;
};

int64_t AtMost(int64_t count, int64_t size) {
  return count < 0 ? size : std::min(count, size);
}

}  // namespace

SamplesPointer Take(SamplesPointer samples, int64_t count) {
  const int64_t end = AtMost(count, samples->size());
  return std::make_shared<SampleRange>(std::move(samples), 0, end);
}

SamplesPointer Skip(SamplesPointer samples, int64_t count) {
  const int64_t size = samples->size();
  return std::make_shared<SampleRange>(std::move(samples), AtMost(count, size),
                                       size);
}

}  // namespace cairn
