// What one object of a class costs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace rb {

/// One sample of making something and getting rid of it again, for one object.
struct MakeAndEnd {
  double make = 0;
  double end = 0;
};

/// How big the object is, where that matters; 0 elsewhere.
struct ObjectSize {
  std::uint64_t descriptors = 0;
  std::uint64_t vmas = 0;
  std::uint64_t memory = 0;  ///< touched private bytes
  bool operator==(const ObjectSize&) const = default;
};

/// An object, measured in interleaved pairs: with a new one, and with a reference to one
/// that is there in its place (or, without `reference`, with nothing).
struct ObjectCost {
  std::string object;
  ObjectSize size;
  std::vector<MakeAndEnd> own;
  std::vector<MakeAndEnd> reference;  ///< one for each of `own`, or none
  /// What making and destroying one at once takes beyond a reference, where that can be done.
  std::vector<double> at_once;
  /// What taking and dropping a reference takes by itself, where that can be measured.
  std::vector<double> get_put;
  std::uint64_t copied_vmas = 0;  ///< of an mm: VMAs that each copy is made of
};

/// A median with the median absolute deviation.
struct Spread {
  double median = 0;
  double deviation = 0;
};

/// What making a new object takes beyond a reference: of the differences in each pair.
[[nodiscard]] Spread make_cost(const ObjectCost& cost);
/// The same of getting rid of it.
[[nodiscard]] Spread end_cost(const ObjectCost& cost);
/// Both together: of samples at once, where there are any.
[[nodiscard]] Spread both_cost(const ObjectCost& cost);
/// Taking and dropping a reference; there must be samples.
[[nodiscard]] Spread reference_cost(const ObjectCost& cost);

/// "1,000 fds", "100 VMAs", "64 MiB"; empty for none.
[[nodiscard]] std::string size_text(const ObjectSize& size);

}  // namespace rb
