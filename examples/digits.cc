#include "examples/digits.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace cairn {
namespace {

constexpr int64_t kSyntheticTrain = 20000, kSyntheticTest = 4000;
// Row i follows from the seed and i, so these two sets share no digit.
constexpr uint64_t kTrainSeed = 1, kTestSeed = 2;

// The first digits are the same however many are drawn.
int64_t Limited(int64_t count, int64_t limit) {
  return limit > 0 ? std::min(count, limit) : count;
}

absl::StatusOr<SamplesPointer> MakeSamples(const Tensor& images,
                                           const Tensor& labels, int64_t limit,
                                           const Shape& shape) {
  CAIRN_ASSIGN_OR_RETURN(SamplesPointer samples,
                         FromTensors({{"", images}}, {{"", labels}}));
  samples = Take(samples, Limited(samples->size(), limit));
  return Rescale(samples, 1 / 255.0, shape);
}

}  // namespace

absl::StatusOr<Digits> LoadDigits(const std::string& data_dir, int64_t limit,
                                  const Shape& shape) {
  Mnist mnist;
  std::string kind;
  if (data_dir.empty()) {
    const DigitImages train =
        SyntheticDigits(Limited(kSyntheticTrain, limit), kTrainSeed);
    const DigitImages test =
        SyntheticDigits(Limited(kSyntheticTest, limit), kTestSeed);
    mnist = {train.images, train.labels, test.images, test.labels};
    kind = " synthetic digits, drawn by Cairn";
  } else {
    CAIRN_ASSIGN_OR_RETURN(mnist, LoadMnist(data_dir));
    kind = absl::StrCat(" digits from ", data_dir);
  }
  Digits digits;
  CAIRN_ASSIGN_OR_RETURN(
      digits.train,
      MakeSamples(mnist.train_images, mnist.train_labels, limit, shape));
  CAIRN_ASSIGN_OR_RETURN(
      digits.test,
      MakeSamples(mnist.test_images, mnist.test_labels, limit, shape));
  digits.description = absl::StrCat(digits.train->size(), kind, ", and ",
                                    digits.test->size(), " others to test");
  return digits;
}

}  // namespace cairn
