// The table for people.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "harness/format.h"
#include "harness/matrix.h"
#include "harness/results.h"

namespace rb {

/// Prints a run as a table, an image's cells at a time, with the reasons of
/// cells that have no time below their rows.
class Table {
 public:
  /// @param matrix  what will be printed, for the widths of columns
  /// @param instructions  the numbers are instructions, not ns
  Table(std::ostream& out, const std::vector<Group>& matrix, VerifyMode verify, bool instructions);

  void print(const GroupResult& group);

  /// Says what the columns and marks that were printed mean.
  void print_legend();

 private:
  void print_header();
  void print_cell(const GroupResult& group, const CellResult& cell, bool first);
  [[nodiscard]] std::string verified_mark(const CellResult& cell);
  [[nodiscard]] std::string vs_first(const GroupResult& group, const CellResult& cell);
  [[nodiscard]] static std::string peer_ratios(const GroupResult& group, const CellResult& peer);
  void print_peers();
  void print_rounds(StoppedBy reason, std::string_view meaning);

  std::ostream& out_;
  VerifyMode verify_;
  Scale scale_;
  std::size_t source_width_;
  std::size_t strategy_width_;
  bool header_printed_ = false;
  bool timed_ = false;  ///< marks that were printed
  bool reference_ = false;
  bool peer_ = false;
  std::vector<std::string> peer_lines_;  ///< ratios, for the legend
  bool unverifiable_ = false;
  bool verifiable_ = false;
  bool compared_ = false;
  struct Rounds {
    std::string image;
    std::size_t count;
    StoppedBy stopped_by;
  };
  std::vector<Rounds> rounds_;  ///< of the images that were timed
};

}  // namespace rb
