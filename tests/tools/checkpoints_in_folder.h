#ifndef CAIRN_TESTS_TOOLS_CHECKPOINTS_IN_FOLDER_H_
#define CAIRN_TESTS_TOOLS_CHECKPOINTS_IN_FOLDER_H_

#include <fstream>
#include <map>
#include <string>
#include <vector>

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

// Turns over a bit of a checkpoint's values.
inline void Damage(const std::string& prefix) {
  std::fstream file(prefix + ".data-00000-of-00001",
                    std::ios::in | std::ios::out | std::ios::binary);
  char byte = 0;
  file.seekg(100);
  file.get(byte);
  file.seekp(100);
  file.put(static_cast<char>(byte ^ 1));
  ASSERT_TRUE(file.good());
}

// The weights that a checkpoint has of a small model, by path.
inline std::map<std::string, std::vector<float>> WeightsOf(
    const std::string& prefix) {
  std::map<std::string, std::vector<float>> values;
  const auto snapshot = ReadSnapshot(prefix, {Part::kWeights});
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  if (!snapshot.ok()) return values;
  for (const NamedTensor& weight : snapshot->weights) {
    const auto floats = weight.value.values<float>();
    values[weight.name].assign(floats.begin(), floats.end());
  }
  return values;
}

}  // namespace cairn

#endif  // CAIRN_TESTS_TOOLS_CHECKPOINTS_IN_FOLDER_H_
