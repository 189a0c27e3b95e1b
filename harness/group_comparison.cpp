#include "harness/group_comparison.h"

#include <algorithm>

#include "harness/statistics/summary.h"

namespace rb {
namespace {

bool has_rounds(const CellResult& cell) { return !cell.error && !cell.repetitions.empty(); }

}  // namespace

void compare_with_first(GroupResult& group, double confidence) {
  const CellResult& first = group.cells.front();
  for (CellResult& cell : group.cells) {
    cell.vs_first.reset();
    if (&cell == &first || !has_rounds(first) || !has_rounds(cell)) continue;
    cell.vs_first = compare_cells(group, cell, first, confidence);
  }
}

bool narrow_enough(const GroupResult& group, double precision, double confidence) {
  const bool compared = std::any_of(group.cells.begin(), group.cells.end(),
                                    [](const CellResult& cell) { return cell.vs_first; });
  const auto narrow = [&](const CellResult& cell) {
    if (compared) {
      const auto& found = cell.vs_first;
      return !found || relative_half_width(found->ratio, found->interval) <= precision;
    }
    if (!has_rounds(cell)) return true;
    const auto medians = compared_ns(group, cell);
    return relative_half_width(median(medians), median_interval(medians, confidence)) <= precision;
  };
  return std::all_of(group.cells.begin(), group.cells.end(), narrow);
}

}  // namespace rb
