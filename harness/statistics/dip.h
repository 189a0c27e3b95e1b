// Whether values have more than one mode.
#pragma once

#include <vector>

namespace rb {

/// The dip: the largest distance between the distribution function of the values and
/// the unimodal one that is nearest to it. J. A. Hartigan and P. M. Hartigan, The Dip
/// Test of Unimodality, Annals of Statistics 13 (1985). Equal values count as one mode.
/// @param values not empty
[[nodiscard]] double dip(std::vector<double> values);

/// Whether so large a dip would come from a unimodal distribution in fewer than one of
/// 1,000 samples of that size; at least 20 values, else never.
[[nodiscard]] bool is_multimodal(const std::vector<double>& values);

}  // namespace rb
