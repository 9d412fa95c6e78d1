#include "core/data/readers/mnist.h"

#include <filesystem>
#include <string>

#include "gtest/gtest.h"
#include "tests/core/data/readers/files.h"

namespace cairn {
namespace {

std::string Images(uint32_t rows, uint32_t side = 28) {
  return Idx(0x08, {rows, side, side}, std::string(rows * side * side, 'x'));
}

std::string Labels(const std::string& labels) {
  return Idx(0x08, {static_cast<uint32_t>(labels.size())}, labels);
}

// A folder with a small data set: 3 images to train on, 2 to test with.
class MnistTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder_);
    Write("train-images-idx3-ubyte", Images(3));
    Write("train-labels-idx1-ubyte", Labels("\x01\x02\x09"));
    Write("t10k-images-idx3-ubyte", Images(2));
    Write("t10k-labels-idx1-ubyte", Labels("\x05\x06"));
  }

  void Write(const std::string& name, const std::string& content) {
    WriteFile("mnist/" + name, content);
  }
  void Remove(const std::string& name) {
    std::filesystem::remove(folder_ + "/" + name);
  }
  void ExpectError(absl::StatusCode code, const std::string& text) {
    const absl::Status error = LoadMnist(folder_).status();
    EXPECT_EQ(error.code(), code) << error;
    EXPECT_NE(std::string(error.message()).find(text), std::string::npos)
        << error;
  }

  const std::string folder_ = testing::TempDir() + "/mnist";
};

TEST_F(MnistTest, TheFourFilesAreRead) {
  const absl::StatusOr<Mnist> mnist = LoadMnist(folder_);
  ASSERT_TRUE(mnist.ok()) << mnist.status();
  EXPECT_EQ(mnist->train_images.spec(),
            TensorSpec({DType::kUInt8, {3, 28, 28}}));
  EXPECT_EQ(mnist->train_labels.values<uint8_t>(),
            absl::Span<const uint8_t>({1, 2, 9}));
  EXPECT_EQ(mnist->test_images.shape(), Shape({2, 28, 28}));
  EXPECT_EQ(mnist->test_labels.values<uint8_t>(),
            absl::Span<const uint8_t>({5, 6}));
}

TEST_F(MnistTest, EachFileMayBeGzipOrNamedWithADot) {
  Remove("train-images-idx3-ubyte");
  Write("train-images-idx3-ubyte.gz", Gzip(Images(3)));
  Remove("train-labels-idx1-ubyte");
  Write("train-labels.idx1-ubyte", Labels("\x03\x02\x01"));
  Remove("t10k-images-idx3-ubyte");
  Write("t10k-images.idx3-ubyte.gz", Gzip(Images(2)));
  const absl::StatusOr<Mnist> mnist = LoadMnist(folder_);
  ASSERT_TRUE(mnist.ok()) << mnist.status();
  EXPECT_EQ(mnist->train_labels.values<uint8_t>()[0], 3);
}

TEST_F(MnistTest, AMissingFileIsNotFoundWithTheNamesThatWouldDo) {
  Remove("t10k-labels-idx1-ubyte");
  ExpectError(absl::StatusCode::kNotFound,
              "any of these would do: t10k-labels-idx1-ubyte, "
              "t10k-labels-idx1-ubyte.gz, t10k-labels.idx1-ubyte, "
              "t10k-labels.idx1-ubyte.gz");
  const absl::Status error = LoadMnist(folder_ + "/not").status();
  EXPECT_EQ(error.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(std::string(error.message()).find("which does not exist"),
            std::string::npos)
      << error;
}

TEST_F(MnistTest, ADamagedFileIsDataLossThoughAnotherWouldDo) {
  Write("train-images-idx3-ubyte", Images(3).substr(0, 1000));
  Write("train-images-idx3-ubyte.gz", Gzip(Images(3)));
  ExpectError(absl::StatusCode::kDataLoss, "train-images-idx3-ubyte: at byte");
}

TEST_F(MnistTest, WhatIsNotADigitSetIsRefused) {
  Write("train-labels-idx1-ubyte", Labels("\x01\x02"));
  ExpectError(absl::StatusCode::kInvalidArgument, "2 labels for 3 images");
  Write("train-labels-idx1-ubyte", Labels("\x01\x0a\x02"));
  ExpectError(absl::StatusCode::kInvalidArgument,
              "label 1 is 10; digits are 0 to 9");
  Write("train-labels-idx1-ubyte", Images(3));
  ExpectError(absl::StatusCode::kInvalidArgument, "expected labels");
  Write("train-images-idx3-ubyte", Images(3, 27));
  ExpectError(absl::StatusCode::kInvalidArgument,
              "expected images, uint8 (rows, 28, 28), got uint8 (3, 27, 27)");
  Write("train-images-idx3-ubyte", Images(0));
  ExpectError(absl::StatusCode::kInvalidArgument, "expected images");
}

}  // namespace
}  // namespace cairn
