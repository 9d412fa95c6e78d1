#include "core/base/annotate.h"

#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(AnnotateTest, AnErrorKeepsItsCodeAndSaysMore) {
  const absl::Status error =
      Annotate(absl::DataLossError("torn"), "model.keras");
  EXPECT_EQ(error, absl::DataLossError("model.keras: torn"));
  EXPECT_EQ(Annotate(error, "while loading").message(),
            "while loading: model.keras: torn");
}

TEST(AnnotateTest, OkStaysOk) {
  EXPECT_TRUE(Annotate(absl::OkStatus(), "model.keras").ok());
}

}  // namespace
}  // namespace cairn
