#include "core/tensor/tensor.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(TensorTest, ZerosAreZeroAndAligned) {
  const Tensor tensor = Tensor::Zeros({DType::kInt16, {3, 5}});
  EXPECT_EQ(tensor.spec(), TensorSpec({DType::kInt16, {3, 5}}));
  EXPECT_EQ(tensor.size(), 15);
  EXPECT_EQ(tensor.bytes().size(), 30);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.bytes().data()) % 64, 0);
  for (const int16_t value : tensor.values<int16_t>()) EXPECT_EQ(value, 0);
}

TEST(TensorTest, SmallOnesMadeTogetherLieOneBehindAnother) {
  constexpr int64_t kLarge = int64_t{1} << 17;  // Half a megabyte.
  // Memory of that size that was used before, so that zeros are not there by
  // chance.
  {
    std::vector<Tensor> used;
    for (int i = 0; i < 20; ++i) {
      used.push_back(Tensor::Zeros({DType::kUInt8, {64 + 64 + 72}}));
      for (std::byte& byte : used.back().mutable_bytes()) byte = std::byte{7};
    }
  }
  const std::vector<Tensor> tensors =
      Tensor::ZerosTogether({{DType::kFloat32, {3}},
                             {DType::kFloat32, {kLarge}},
                             {DType::kInt64, {}},
                             {DType::kFloat32, {0}},
                             {DType::kFloat64, {9}}});
  ASSERT_EQ(tensors.size(), 5);
  for (const Tensor& tensor : tensors) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.bytes().data()) % 64, 0);
    for (const std::byte byte : tensor.bytes()) ASSERT_EQ(byte, std::byte{0});
  }
  EXPECT_EQ(tensors[1].spec(), TensorSpec({DType::kFloat32, {kLarge}}));
  EXPECT_EQ(tensors[2].bytes().data(), tensors[0].bytes().data() + 64);
  EXPECT_EQ(tensors[4].bytes().data(), tensors[2].bytes().data() + 64);
  EXPECT_TRUE(tensors[4].SharesMemoryWith(tensors[0]));
  EXPECT_FALSE(tensors[1].SharesMemoryWith(tensors[0]));
  EXPECT_FALSE(tensors[0].SharesMemoryWith(tensors[0].Clone()));
  EXPECT_TRUE(Tensor::ZerosTogether({}).empty());
}

TEST(TensorTest, ValuesAreCopiedInRowMajorOrder) {
  std::vector<double> source = {1, 2, 3, 4, 5, 6};
  const Tensor tensor =
      Tensor::FromValues(absl::Span<const double>(source), {2, 3});
  source[0] = 9;
  EXPECT_EQ(tensor.dtype(), DType::kFloat64);
  EXPECT_EQ(tensor.shape(), Shape({2, 3}));
  EXPECT_EQ(tensor.values<double>(),
            absl::Span<const double>({1, 2, 3, 4, 5, 6}));
}

TEST(TensorTest, TruthsAreAByteEach) {
  const Tensor tensor = Tensor::FromValues<bool>({true, false, true}, {3});
  EXPECT_EQ(tensor.bytes().size(), 3);
  EXPECT_EQ(tensor.bytes()[0], std::byte{1});
  EXPECT_EQ(tensor.bytes()[1], std::byte{0});
  ASSERT_EQ(tensor.values<bool>().size(), 3);
  EXPECT_TRUE(tensor.values<bool>()[2]);
}

TEST(TensorTest, AScalarHasOneElementAndNoDimension) {
  const Tensor tensor = Tensor::Scalar<int64_t>(-7);
  EXPECT_TRUE(tensor.shape().empty());
  EXPECT_EQ(tensor.size(), 1);
  EXPECT_EQ(tensor.values<int64_t>()[0], -7);
  // So has the one that is made of nothing.
  EXPECT_EQ(Tensor().spec(), TensorSpec({DType::kFloat32, {}}));
  EXPECT_EQ(Tensor().values<float>()[0], 0);
}

TEST(TensorTest, CopiesShareTheBufferAndClonesDoNot) {
  Tensor tensor = Tensor::FromValues<float>({1, 2}, {2});
  const Tensor copy = tensor;
  const Tensor clone = tensor.Clone();
  tensor.mutable_values<float>()[0] = 9;
  EXPECT_EQ(copy.values<float>()[0], 9);
  EXPECT_EQ(clone.values<float>()[0], 1);
  EXPECT_EQ(clone.spec(), tensor.spec());
}

TEST(TensorTest, AnotherShapeSharesTheBuffer) {
  Tensor tensor = Tensor::FromValues<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  const Tensor column = tensor.Reshaped({6, 1});
  EXPECT_EQ(column.shape(), Shape({6, 1}));
  EXPECT_EQ(column.bytes().data(), tensor.bytes().data());
  EXPECT_EQ(tensor.shape(), Shape({2, 3}));
}

TEST(TensorTest, NoElementsAreNoMatter) {
  const Tensor empty = Tensor::Zeros({DType::kFloat32, {0, 3}});
  EXPECT_EQ(empty.size(), 0);
  EXPECT_TRUE(empty.bytes().empty());
  EXPECT_TRUE(empty.values<float>().empty());
  EXPECT_EQ(empty.Clone().shape(), Shape({0, 3}));
}

// The bytes 0, 1, 2 ...
class CountingContent : public TensorContent {
 public:
  explicit CountingContent(absl::Status status) : status_(std::move(status)) {}
  absl::Status Read(int64_t offset,
                    absl::Span<std::byte> destination) const override {
    for (std::byte& byte : destination) byte = static_cast<std::byte>(offset++);
    return status_;
  }

 private:
  const absl::Status status_;
};

TEST(TensorTest, StoredBytesAreReadWhenTheyAreAskedFor) {
  const Tensor stored =
      Tensor::Stored({DType::kUInt8, {2, 3}},
                     std::make_shared<CountingContent>(absl::OkStatus()));
  EXPECT_TRUE(stored.is_stored());
  EXPECT_EQ(stored.shape(), Shape({2, 3}));
  std::byte part[2];
  ASSERT_TRUE(stored.CopyTo(part, 3).ok());
  EXPECT_EQ(part[1], std::byte{4});
  const auto loaded = stored.Load();
  ASSERT_TRUE(loaded.ok());
  EXPECT_FALSE(loaded->is_stored());
  EXPECT_EQ(loaded->values<uint8_t>()[5], 5);
  EXPECT_EQ(loaded->Load()->bytes().data(), loaded->bytes().data());
}

TEST(TensorTest, AnErrorOfReadingWhatIsStoredIsReturned) {
  const absl::Status no = absl::UnavailableError("no");
  const Tensor stored = Tensor::Stored({DType::kUInt8, {2}},
                                       std::make_shared<CountingContent>(no));
  EXPECT_EQ(stored.Load().status(), no);
}

TEST(TensorDeathTest, TheBytesOfWhatIsStoredAreNotThere) {
  const Tensor stored =
      Tensor::Stored({DType::kUInt8, {2}},
                     std::make_shared<CountingContent>(absl::OkStatus()));
  EXPECT_DEATH(stored.bytes(), "check failed");
  EXPECT_DEATH(stored.values<uint8_t>(), "check failed");
  EXPECT_DEATH(stored.Clone(), "check failed");
  std::byte three[3];
  // It ends the process before there is a result.
  EXPECT_DEATH(stored.CopyTo(three).IgnoreError(), "check failed");
}

TEST(TensorDeathTest, ADifferentTypeOrCountEndsTheProcess) {
  const Tensor tensor = Tensor::Zeros({DType::kFloat32, {2}});
  EXPECT_DEATH(tensor.values<int32_t>(), "check failed");
  EXPECT_DEATH(Tensor::FromValues<float>({1, 2, 3}, {2}), "check failed");
  EXPECT_DEATH(tensor.Reshaped({3}), "check failed");
}

}  // namespace
}  // namespace cairn
