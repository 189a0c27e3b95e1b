#include "harness/schedule/round_order.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace rb {

RoundOrder::RoundOrder(std::size_t count, std::uint64_t seed) : random_(seed), order_(count) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
}

const std::vector<std::size_t>& RoundOrder::next() {
  if (back_) {
    std::reverse(order_.begin(), order_.end());
  } else {
    // Fisher and Yates; std::shuffle may differ from one library to the other.
    for (std::size_t i = order_.size(); i > 1; --i) {
      std::swap(order_[i - 1], order_[static_cast<std::size_t>(random_() % i)]);
    }
  }
  back_ = !back_;
  return order_;
}

}  // namespace rb
