// Where cells are run that are not run by this process.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "base/error.h"
#include "harness/matrix.h"
#include "harness/results.h"

namespace rb {

/// Runs the cells of a matrix elsewhere, each for itself.
class CellSource {
 public:
  CellSource() = default;
  CellSource(const CellSource&) = delete;
  CellSource& operator=(const CellSource&) = delete;
  virtual ~CellSource() = default;

  /// Begins to run them. Once, before the others.
  [[nodiscard]] virtual Status begin(const std::vector<Group>& matrix) = 0;

  /// What the results say of the machine that they are from. Waits for a cell to end.
  /// Errors: no cell had a result.
  [[nodiscard]] virtual Result<nlohmann::ordered_json> context() = 0;

  /// Waits for the next cell, in the order of the matrix, and puts what came of it there.
  /// A signal (interrupt.h) ends what runs.
  virtual void take(GroupResult& group, CellResult& cell) = 0;
};

}  // namespace rb
