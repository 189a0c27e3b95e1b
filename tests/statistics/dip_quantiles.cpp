// Prints, for sizes of samples, the dip that uniformly distributed values exceed one
// time in 1,000, times the root of the size: the table of harness/statistics/dip.cpp.
// Not a test: it runs for a minute. Build the target dip_quantiles.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>

#include "harness/statistics/dip.h"

int main() {
  constexpr std::size_t kSamples = 100'000;
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform;
  for (const std::size_t size : {20u, 50u, 100u, 200u, 500u, 1000u}) {
    std::vector<double> dips;
    for (std::size_t i = 0; i < kSamples; ++i) {
      std::vector<double> values(size);
      for (double& value : values) value = uniform(random);
      dips.push_back(rb::dip(std::move(values)) * std::sqrt(static_cast<double>(size)));
    }
    std::sort(dips.begin(), dips.end());
    std::printf("%4zu  %.3f\n", size, dips[kSamples - kSamples / 1000]);
  }
}
