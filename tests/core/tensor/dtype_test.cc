#include "core/tensor/dtype.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace cairn {
namespace {

struct Facts {
  DType dtype;
  const char* name;
  size_t size;
  bool floating;
};
constexpr Facts kFacts[] = {
    {DType::kFloat32, "float32", 4, true},
    {DType::kFloat64, "float64", 8, true},
    {DType::kBFloat16, "bfloat16", 2, true},
    {DType::kFloat16, "float16", 2, true},
    {DType::kInt8, "int8", 1, false},
    {DType::kInt16, "int16", 2, false},
    {DType::kInt32, "int32", 4, false},
    {DType::kInt64, "int64", 8, false},
    {DType::kUInt8, "uint8", 1, false},
    {DType::kUInt16, "uint16", 2, false},
    {DType::kUInt32, "uint32", 4, false},
    {DType::kUInt64, "uint64", 8, false},
    {DType::kBool, "bool", 1, false},
};

TEST(DTypeTest, EveryTypeHasItsNameSizeAndKind) {
  std::set<DType> all;
  for (const Facts& facts : kFacts) {
    EXPECT_EQ(DTypeName(facts.dtype), facts.name);
    EXPECT_EQ(DTypeFromName(facts.name), facts.dtype);
    EXPECT_EQ(ElementSize(facts.dtype), facts.size) << facts.name;
    EXPECT_EQ(IsFloating(facts.dtype), facts.floating) << facts.name;
    all.insert(facts.dtype);
  }
  EXPECT_EQ(all.size(), static_cast<size_t>(DType::kUInt64) + 1);
}

TEST(DTypeTest, OtherNamesAreOfNoType) {
  for (const char* name : {"", "float", "Float32", "float32 ", "string"}) {
    EXPECT_FALSE(DTypeFromName(name).has_value()) << name;
  }
}

template <typename T>
void ExpectTypeOf(const char* name) {
  EXPECT_EQ(DTypeName(DTypeOf<T>()), name);
  EXPECT_EQ(ElementSize(DTypeOf<T>()), sizeof(T));
}

TEST(DTypeTest, TypesOfTheLanguageHaveTheirs) {
  ExpectTypeOf<float>("float32");
  ExpectTypeOf<double>("float64");
  ExpectTypeOf<bool>("bool");
  ExpectTypeOf<int8_t>("int8");
  ExpectTypeOf<int16_t>("int16");
  ExpectTypeOf<int32_t>("int32");
  ExpectTypeOf<int64_t>("int64");
  ExpectTypeOf<uint8_t>("uint8");
  ExpectTypeOf<uint16_t>("uint16");
  ExpectTypeOf<uint32_t>("uint32");
  ExpectTypeOf<uint64_t>("uint64");
}

}  // namespace
}  // namespace cairn
