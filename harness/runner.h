// Runs the matrix, image by image.
#pragma once

#include <functional>
#include <vector>

#include "harness/counting.h"
#include "harness/matrix.h"
#include "harness/options.h"
#include "harness/parts.h"
#include "harness/progress.h"
#include "harness/results.h"

namespace rb {

/// Called with all results so far when the last group of them is complete.
using GroupDone = std::function<void(const RunResult&)>;

/// Runs every cell: builds each image once, makes its strategies ready, times
/// those that are in interleaved rounds, counts what was asked for, and frees the image
/// before the next. Ends early, with what there is, once a signal came.
[[nodiscard]] RunResult run_matrix(const std::vector<Group>& matrix, const RunOptions& options,
                                   const Parts& parts, const Counting& counting, TimeSource& time,
                                   Progress& progress, const GroupDone& group_done);

/// Hands Google Benchmark its own flags. Errors: kUsage, for one it does not know
/// or that our own options replace.
[[nodiscard]] Status initialize_benchmark(const RunOptions& options);

}  // namespace rb
