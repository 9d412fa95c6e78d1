#include "tools/cairn/table.h"

#include "gtest/gtest.h"

namespace cairn {
namespace {

constexpr auto kRight = Table::Column::Side::kRight;

TEST(TableTest, ColumnsAreAsWideAsTheirWidestCell) {
  Table table({{"name"}, {"bytes", kRight}, {"state"}});
  table.AddRow({"a", "7", "good"});
  table.AddRow({"a longer one", "123456", "x"});
  EXPECT_EQ(table.ToString(),
            "name           bytes  state\n"
            "a                  7  good\n"
            "a longer one  123456  x\n");
}

TEST(TableTest, LinesDoNotEndInSpaces) {
  Table table({{"name"}, {"state"}});
  table.AddRow({"a", ""});
  EXPECT_EQ(table.ToString(), "name  state\na\n");
}

TEST(TableTest, ATableWithoutRowsIsItsHead) {
  EXPECT_EQ(Table({{"name"}}).ToString(), "name\n");
}

}  // namespace
}  // namespace cairn
