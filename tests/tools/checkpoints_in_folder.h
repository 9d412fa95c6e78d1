#ifndef CAIRN_TESTS_TOOLS_CHECKPOINTS_IN_FOLDER_H_
#define CAIRN_TESTS_TOOLS_CHECKPOINTS_IN_FOLDER_H_

#include <string>

#include "cairn.h"
#include "gtest/gtest.h"

namespace cairn {

// A folder of the running test's own.
inline std::string TestFolder() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  return JoinPath(testing::TempDir(),
                  std::string(test->test_suite_name()) + "." + test->name());
}

// A small model for synthetic digits, built and compiled.
inline void BuildSmallModel(Sequential& model) {
  model.Add<InputLayer>({.shape = {28, 28}});
  model.Add<Flatten>();
  model.Add<Dense>({.units = 10, .activation = "softmax"});
  ASSERT_TRUE(model
                  .Compile({.optimizer = "adam",
                            .loss = "sparse_categorical_crossentropy",
                            .metrics = {"accuracy"},
                            .threads = 1})
                  .ok());
}

// Trains it for `epochs` epochs of 4 steps, with a checkpoint after each.
inline void TrainIntoFolder(const std::string& folder, int64_t epochs) {
  Sequential model;
  BuildSmallModel(model);
  const DigitImages digits = SyntheticDigits(64, /*seed=*/1);
  ModelCheckpoint checkpoint({.directory = folder});
  const auto history = model.Fit(digits.images, digits.labels,
                                 {.epochs = epochs,
                                  .batch_size = 16,
                                  .verbose = 0,
                                  .callbacks = {&checkpoint}});
  ASSERT_TRUE(history.ok()) << history.status();
}

}  // namespace cairn

#endif  // CAIRN_TESTS_TOOLS_CHECKPOINTS_IN_FOLDER_H_
