// The smallest program: describe a model, compile it, train it, judge it.
//
//   bazel run //examples:hello
#include <cstdio>

#include "cairn.h"

namespace cairn {

absl::Status Hello() {
  const DigitImages train = SyntheticDigits(2000, /*seed=*/1);
  const DigitImages test = SyntheticDigits(500, /*seed=*/2);

  Sequential model;
  model.Add<Rescaling>({.scale = 1 / 255.0});
  model.Add<Flatten>();
  model.Add<Dense>({.units = 64, .activation = "relu"});
  model.Add<Dense>({.units = 10, .activation = "softmax"});
  CAIRN_RETURN_IF_ERROR(
      model.Compile({.optimizer = "adam",
                     .loss = "sparse_categorical_crossentropy",
                     .metrics = {"accuracy"}}));
  CAIRN_RETURN_IF_ERROR(
      model.Fit(train.images, train.labels, {.epochs = 3}).status());

  CAIRN_ASSIGN_OR_RETURN(const Logs logs,
                         model.Evaluate(test.images, test.labels));
  std::printf("%.1f %% of 500 other synthetic digits are recognized.\n",
              100 * FindLog(logs, "accuracy"));
  return absl::OkStatus();
}

}  // namespace cairn

int main() {
  const absl::Status status = cairn::Hello();
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
