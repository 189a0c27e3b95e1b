// Columns of text.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace rb {

/// Rows of cells, as wide as their widest: the first columns to the left, numbers to
/// the right.
class TextTable {
 public:
  /// @param names  columns that are aligned to the left
  explicit TextTable(std::size_t names) : names_(names) {}

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }

  /// Prints all rows; no blanks at the ends of lines.
  void print(std::ostream& out) const;

 private:
  std::size_t names_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace rb
