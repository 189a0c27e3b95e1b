// The cells of one image, compared.
#pragma once

#include "harness/results.h"

namespace rb {

/// All intervals of a run's comparisons hold together with this probability. Were it
/// 95 %, a comparison of a strategy with itself would find a difference in one of 20
/// runs by chance.
inline constexpr double kRunConfidence = 0.99;

/// Compares each cell that has been timed with the image's first one, if that has been.
/// @param confidence  of each comparison
void compare_with_first(GroupResult& group, double confidence);

/// Whether the interval of every comparison is as narrow as asked for; if there is
/// none, that of each cell's median.
/// @param precision  half the width, as a share of the value
[[nodiscard]] bool narrow_enough(const GroupResult& group, double precision, double confidence);

}  // namespace rb
