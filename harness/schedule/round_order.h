// Who comes when in a round.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace rb {

/// The order of the strategies in each round: at random in one round and back to front
/// in the next one, A B B A. In two rounds each strategy has the same place on average,
/// so that what drifts evenly, or depends on the predecessor, favours none. The same
/// seed gives the same orders on every machine.
class RoundOrder {
 public:
  RoundOrder(std::size_t count, std::uint64_t seed);

  /// A permutation of 0 ... count - 1.
  [[nodiscard]] const std::vector<std::size_t>& next();

 private:
  std::mt19937_64 random_;
  std::vector<std::size_t> order_;
  bool back_ = false;
};

}  // namespace rb
