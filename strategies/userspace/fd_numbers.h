// Descriptor numbers as the kernel hands them out.
#pragma once

#include <cstdint>
#include <vector>

namespace rb {

/// Which numbers of a descriptor table are in use: lets a plan know in advance
/// which number open(2), dup(2) or pidfd_getfd(2) will return.
class FdNumbers {
 public:
  [[nodiscard]] std::uint32_t lowest_free(std::uint32_t from = 0) {
    std::uint32_t n = from < cursor_ ? cursor_ : from;
    while (in_use(n)) ++n;
    if (from <= cursor_) cursor_ = n;
    return n;
  }
  [[nodiscard]] bool in_use(std::uint32_t n) const { return n < used_.size() && used_[n] != 0; }
  void take(std::uint32_t n) {
    if (n >= used_.size()) used_.resize(n + n / 2 + 64);
    used_[n] = 1;
  }
  void free(std::uint32_t n) {
    used_[n] = 0;
    if (n < cursor_) cursor_ = n;
  }

 private:
  std::vector<char> used_;
  std::uint32_t cursor_ = 0;  // every number below it is in use
};

}  // namespace rb
