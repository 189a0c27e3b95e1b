#include "harness/statistics/dip.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace rb {
namespace {

/// One value, however often it occurs: the distribution function steps up there.
struct Step {
  double at = 0;
  double below = 0;  ///< the function left of it
  double upto = 0;   ///< ... and at it
};
using Steps = std::vector<Step>;

Steps distribution(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  Steps steps;
  const auto count = static_cast<double>(values.size());
  for (auto first = values.begin(); first != values.end();) {
    const auto last = std::upper_bound(first, values.end(), *first);
    const auto place = [&](auto position) {
      return static_cast<double>(position - values.begin()) / count;
    };
    steps.push_back({*first, place(first), place(last)});
    first = last;
  }
  return steps;
}

/// A chain of straight lines over steps [first, last].
struct Hull {
  std::vector<std::size_t> knots;
  std::vector<double> heights;  ///< at each step, the first at index 0
};

/// The greatest convex function below the points (at, below), or the least concave one
/// above (at, upto).
Hull hull(const Steps& steps, std::size_t first, std::size_t last, bool convex) {
  const double sign = convex ? 1 : -1;
  const auto height = [&](std::size_t i) { return convex ? steps[i].below : steps[i].upto; };
  const auto slope = [&](std::size_t a, std::size_t b) {
    return (height(b) - height(a)) / (steps[b].at - steps[a].at) * sign;
  };
  Hull result;
  auto& knots = result.knots;
  for (std::size_t i = first; i <= last; ++i) {
    while (knots.size() >= 2 && slope(knots.end()[-2], knots.back()) >= slope(knots.back(), i)) {
      knots.pop_back();
    }
    knots.push_back(i);
  }
  result.heights.push_back(height(first));
  for (std::size_t k = 1; k < knots.size(); ++k) {
    const std::size_t from = knots[k - 1];
    for (std::size_t i = from + 1; i <= knots[k]; ++i) {
      result.heights.push_back(height(from) +
                               sign * slope(from, knots[k]) * (steps[i].at - steps[from].at));
    }
  }
  return result;
}

/// Where the mode may still be, and how far apart the two hulls are there.
struct Modal {
  std::size_t first = 0;
  std::size_t last = 0;
  double distance = 0;
};

Modal widest(const Hull& convex, const Hull& concave, std::size_t first) {
  const auto distance = [&](std::size_t i) {
    return concave.heights[i - first] - convex.heights[i - first];
  };
  const auto nearer = [&](std::size_t a, std::size_t b) { return distance(a) < distance(b); };
  const auto left = std::max_element(convex.knots.begin(), convex.knots.end(), nearer);
  const auto right = std::max_element(concave.knots.begin(), concave.knots.end(), nearer);
  if (distance(*right) > distance(*left)) {
    const auto after = std::upper_bound(convex.knots.begin(), convex.knots.end(), *right);
    return {*(after - 1), *right, distance(*right)};
  }
  return {*left, *std::lower_bound(concave.knots.begin(), concave.knots.end(), *left),
          distance(*left)};
}

/// For 1 in 1,000: the dip times the root of the number of uniformly distributed
/// values, by simulation (tests/statistics/dip_quantiles.cpp). The uniform is the
/// unimodal distribution with the largest dips.
struct Critical {
  double values;
  double dip;
};
constexpr Critical kCritical[] = {{20, 0.617},  {50, 0.663},  {100, 0.684},
                                  {200, 0.697}, {500, 0.717}, {1000, 0.726}};

}  // namespace

double dip(std::vector<double> values) {
  RB_ASSERT(!values.empty());
  double twice = 1 / static_cast<double>(values.size());  // no function is nearer to a step
  const Steps steps = distribution(std::move(values));
  if (steps.size() == 1) return 0;
  std::size_t first = 0;
  std::size_t last = steps.size() - 1;
  for (;;) {
    const Hull convex = hull(steps, first, last, true);
    const Hull concave = hull(steps, first, last, false);
    const Modal modal = widest(convex, concave, first);
    if (modal.distance <= twice) break;
    // Outside of the modal interval the hulls are what the function should be.
    for (std::size_t i = first; i < modal.first; ++i) {
      twice = std::max(twice, steps[i].upto - convex.heights[i - first]);
    }
    for (std::size_t i = modal.last + 1; i <= last; ++i) {
      twice = std::max(twice, concave.heights[i - first] - steps[i].below);
    }
    if (modal.first == first && modal.last == last) break;
    first = modal.first;
    last = modal.last;
  }
  return twice / 2;
}

bool is_multimodal(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  if (count < kCritical[0].values) return false;
  const Critical* next = std::begin(kCritical);
  while (next != std::end(kCritical) && next->values <= count) ++next;
  double critical = next[-1].dip;
  if (next != std::end(kCritical)) {
    const Critical& from = next[-1];
    critical += (next->dip - from.dip) * (count - from.values) / (next->values - from.values);
  }
  return dip(values) * std::sqrt(count) > critical;
}

}  // namespace rb
