#ifndef CAIRN_CORE_DATA_READERS_MNIST_H_
#define CAIRN_CORE_DATA_READERS_MNIST_H_

#include <string>

#include "absl/status/statusor.h"
#include "core/tensor/tensor.h"

namespace cairn {

// Handwritten digits: images of shape (rows, 28, 28) and labels (rows), both
// uint8. MNIST itself has 60,000 rows to train on and 10,000 to test with.
struct Mnist {
  Tensor train_images, train_labels;
  Tensor test_images, test_labels;
};

// Reads the four IDX files of MNIST, or of data in its form, from a folder:
// train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
// t10k-labels-idx1-ubyte, each plain or as .gz, and with a dot before "idx" if
// so unpacked. NotFound if one is missing, DataLoss if one is damaged,
// InvalidArgument if images are not 28 x 28 bytes, labels not 0 to 9, or there
// are not as many of both.
absl::StatusOr<Mnist> LoadMnist(const std::string& folder);

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_READERS_MNIST_H_
