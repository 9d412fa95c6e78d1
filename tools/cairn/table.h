#ifndef CAIRN_TOOLS_CAIRN_TABLE_H_
#define CAIRN_TOOLS_CAIRN_TABLE_H_

#include <string>
#include <vector>

namespace cairn {

// Text in columns as wide as their widest cell, two spaces apart.
class Table {
 public:
  struct Column {
    std::string name;
    enum class Side { kLeft, kRight } side = Side::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // REQUIRES: a cell for each column.
  void AddRow(std::vector<std::string> cells);
  // The names of the columns, then the rows, a line each.
  std::string ToString() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace cairn

#endif  // CAIRN_TOOLS_CAIRN_TABLE_H_
