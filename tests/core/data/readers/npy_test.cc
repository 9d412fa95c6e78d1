#include "core/data/readers/npy.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/core/data/readers/files.h"

namespace cairn {
namespace {

// As numpy.save() writes it, but for the spaces that align the values.
std::string Npy(const std::string& header, const std::string& values) {
  const std::string text = header + "\n";
  return absl::StrCat("\x93NUMPY", std::string("\1\0", 2),
                      std::string(1, static_cast<char>(text.size())),
                      std::string(1, '\0'), text, values);
}

std::string Header(const std::string& type, const std::string& order,
                   const std::string& shape) {
  return absl::StrCat("{'descr': '", type, "', 'fortran_order': ", order,
                      ", 'shape': ", shape, ", }");
}

void ExpectError(const std::string& content, absl::StatusCode code,
                 const std::string& text) {
  const absl::StatusOr<Tensor> tensor = DecodeNpy(content);
  EXPECT_EQ(tensor.status().code(), code) << tensor.status();
  EXPECT_NE(std::string(tensor.status().message()).find(text),
            std::string::npos)
      << tensor.status();
}

TEST(NpyTest, ValuesAreReadInRowMajorOrder) {
  const auto tensor =
      DecodeNpy(Npy(Header("|u1", "False", "(2, 3)"), "abcdef"));
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(tensor->spec(), TensorSpec({DType::kUInt8, {2, 3}}));
  EXPECT_EQ(tensor->values<uint8_t>(),
            absl::Span<const uint8_t>({'a', 'b', 'c', 'd', 'e', 'f'}));
}

TEST(NpyTest, ColumnMajorValuesAreTurned) {
  // Letters are by j and k, their case by i, which varies fastest.
  const auto tensor =
      DecodeNpy(Npy(Header("|i1", "True", "(2, 3, 2)"), "aAbBcCdDeEfF"));
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(tensor->spec(), TensorSpec({DType::kInt8, {2, 3, 2}}));
  EXPECT_EQ(tensor->values<int8_t>(),
            absl::Span<const int8_t>(
                {'a', 'd', 'b', 'e', 'c', 'f', 'A', 'D', 'B', 'E', 'C', 'F'}));
}

TEST(NpyTest, BothByteOrdersAreRead) {
  const std::string bytes = "\x01\x02\x03\x04";
  const auto little = DecodeNpy(Npy(Header("<i4", "False", "()"), bytes));
  ASSERT_TRUE(little.ok()) << little.status();
  EXPECT_EQ(little->values<int32_t>()[0], 0x04030201);
  const auto big = DecodeNpy(Npy(Header(">i4", "False", "()"), bytes));
  ASSERT_TRUE(big.ok()) << big.status();
  EXPECT_EQ(big->values<int32_t>()[0], 0x01020304);
}

TEST(NpyTest, LaterVersionsHaveALongerLength) {
  const std::string text = Header("<u2", "False", "(1,)");
  const std::string rest =
      absl::StrCat(std::string(1, static_cast<char>(text.size())),
                   std::string("\0\0\0", 3), text, "ab");
  for (const char version : {2, 3}) {
    const auto tensor = DecodeNpy(absl::StrCat(
        "\x93NUMPY", std::string(1, version), std::string(1, '\0'), rest));
    ASSERT_TRUE(tensor.ok()) << tensor.status();
    EXPECT_EQ(tensor->values<uint16_t>()[0], 0x6261);
  }
}

TEST(NpyTest, AFileIsReadPlainAndGzip) {
  const std::string content =
      Npy(Header("|b1", "False", "(2,)"), std::string("\1\0", 2));
  for (const std::string& file : {content, Gzip(content)}) {
    const auto tensor = ReadNpy(WriteFile("truths.npy", file));
    ASSERT_TRUE(tensor.ok()) << tensor.status();
    EXPECT_EQ(tensor->values<bool>()[0], true);
    EXPECT_EQ(tensor->values<bool>()[1], false);
  }
}

TEST(NpyTest, AFileOfMoreThanAMegabyteIsReadWhole) {
  const std::string values(3'000'001, 'x');
  const auto tensor = ReadNpy(
      WriteFile("long.npy", Npy(Header("|u1", "False", "(3000001,)"), values)));
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(tensor->size(), 3'000'001);
}

TEST(NpyTest, AnEmptyArrayHasItsShape) {
  const auto tensor = DecodeNpy(Npy(Header("<f4", "True", "(3, 0)"), ""));
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(tensor->spec(), TensorSpec({DType::kFloat32, {3, 0}}));
}

TEST(NpyTest, CutAtAnyLengthIsDataLoss) {
  const std::string content = Npy(Header("<i2", "False", "(2, 2)"), "abcdefgh");
  for (size_t length = 0; length < content.size(); ++length) {
    ExpectError(content.substr(0, length), absl::StatusCode::kDataLoss, "");
  }
  ExpectError(content + "x", absl::StatusCode::kDataLoss,
              "int16 (2, 2) takes 8 bytes, and 9 follow");
}

TEST(NpyTest, AShapeIsBelievedOnlyAsFarAsThereAreValues) {
  for (const char* shape : {"(9223372036854775807, 2)", "(4294967296,)",
                            "(0, 9223372036854775807, 9223372036854775807)"}) {
    ExpectError(Npy(Header("<f8", "False", shape), "abcdefgh"),
                absl::StatusCode::kDataLoss, "8 follow");
  }
}

TEST(NpyTest, WhatTensorsCannotHoldIsSaid) {
  ExpectError(Npy(Header("<c8", "False", "(1,)"), "abcdefgh"),
              absl::StatusCode::kInvalidArgument, "\"<c8\"");
  ExpectError(Npy(Header("|O", "False", "(1,)"), "abcdefgh"),
              absl::StatusCode::kInvalidArgument, "\"|O\"");
  ExpectError(Npy("{'descr': [('a', '<f4')], 'fortran_order': False, "
                  "'shape': (1,)}",
                  "abcd"),
              absl::StatusCode::kInvalidArgument, "structured");
  ExpectError(Npy(Header("|b1", "False", "(1,)"), "\2"),
              absl::StatusCode::kDataLoss, "neither 0 nor 1");
}

TEST(NpyTest, AHeaderThatIsNoneIsSaidWithItsPlace) {
  for (const char* header :
       {"{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 'y'}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} more",
        "{'descr': '<f4, 'fortran_order': False, 'shape': (1,)}", ""}) {
    ExpectError(Npy(header, "abcd"), absl::StatusCode::kDataLoss, "at byte ");
  }
}

TEST(NpyTest, AnErrorNamesTheFile) {
  const auto wrong = ReadNpy(WriteFile("wrong.npy", "PK\3\4"));
  EXPECT_EQ(wrong.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(std::string(wrong.status().message()).find("wrong.npy"),
            std::string::npos);
  EXPECT_EQ(ReadNpy("/nonexistent/a.npy").status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace cairn
