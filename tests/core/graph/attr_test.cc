#include "core/graph/attr.h"

#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(AttrTest, TextShowsTheValue) {
  EXPECT_EQ(AttrToString(true), "true");
  EXPECT_EQ(AttrToString(int64_t{-3}), "-3");
  EXPECT_EQ(AttrToString(0.5f), "0.5");
  EXPECT_EQ(AttrToString(DType::kInt64), "int64");
  EXPECT_EQ(AttrToString(std::string("SAME")), "\"SAME\"");
  EXPECT_EQ(AttrToString(std::vector<int64_t>{1, -1}), "[1, -1]");
  EXPECT_EQ(AttrToString(std::vector<int64_t>{}), "[]");
  EXPECT_EQ(AttrToString(Tensor::FromValues<float>({1, 2.5}, {2})),
            "float32 (2,) {1, 2.5}");
  EXPECT_EQ(AttrToString(Tensor::FromValues<float>({1, 2, 3, 4, 5}, {5})),
            "float32 (5,) {1, 2, 3, 4, ...}");
  EXPECT_EQ(AttrToString(Tensor::FromValues<int32_t>({1}, {1})), "int32 (1,)");
}

TEST(AttrTest, EqualMeansNamesTypesAndValues) {
  const Attrs attrs = {{"a", int64_t{1}}, {"b", std::string("x")}};
  EXPECT_TRUE(AttrsEqual(attrs, {{"b", std::string("x")}, {"a", int64_t{1}}}));
  EXPECT_FALSE(AttrsEqual(attrs, {{"a", int64_t{1}}}));
  EXPECT_FALSE(AttrsEqual(attrs, {{"a", int64_t{2}}, {"b", std::string("x")}}));
  EXPECT_FALSE(AttrsEqual(attrs, {{"a", 1.0f}, {"b", std::string("x")}}));
  EXPECT_FALSE(AttrsEqual(attrs, {{"a", int64_t{1}}, {"c", std::string("x")}}));
  EXPECT_TRUE(AttrsEqual({}, {}));
}

TEST(AttrTest, TensorsAreEqualByteForByte) {
  const auto equal = [](const Tensor& a, const Tensor& b) {
    return AttrsEqual({{"value", a}}, {{"value", b}});
  };
  const Tensor tensor = Tensor::FromValues<float>({0, 1}, {2});
  EXPECT_TRUE(equal(tensor, tensor.Clone()));
  EXPECT_FALSE(equal(tensor, Tensor::FromValues<float>({0, 2}, {2})));
  EXPECT_FALSE(equal(tensor, tensor.Reshaped({2, 1})));
  EXPECT_FALSE(equal(tensor, Tensor::FromValues<int32_t>({0, 1}, {2})));
  // Zero and minus zero compute differently.
  EXPECT_FALSE(equal(Tensor::Scalar(0.0f), Tensor::Scalar(-0.0f)));
}

}  // namespace
}  // namespace cairn
