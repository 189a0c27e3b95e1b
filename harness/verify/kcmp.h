// Identity and order of kernel objects, kcmp(2).
#pragma once

#include <linux/kcmp.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/error.h"

namespace rb {

/// An object as kcmp(2) names it: through a task, and an fd for KCMP_FILE.
struct KernelObject {
  std::uint32_t pid = 0;
  std::uint32_t fd = 0;
};

/// Compares objects of one type. The kernel orders them by their (scrambled)
/// addresses, so sorting finds all equal ones in O(n log n).
class Kcmp {
 public:
  /// @param type  KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND or KCMP_FILE
  explicit Kcmp(int type) noexcept : type_(type) {}

  enum class Order { kEqual, kLess, kGreater, kUnknown };

  /// kUnknown when a task or fd is gone, or the call is impossible.
  [[nodiscard]] Order compare(const KernelObject& a, const KernelObject& b);
  [[nodiscard]] bool same(const KernelObject& a, const KernelObject& b) {
    return compare(a, b) == Order::kEqual;
  }

  /// Sorts entries with a member `object`; equal objects become neighbours.
  /// A merge sort, because fewest comparisons are made and because it stays in
  /// bounds when an object vanishes half way and the order contradicts itself.
  template <class Entry>
  void sort(std::vector<Entry>& entries) {
    std::stable_sort(entries.begin(), entries.end(), [this](const Entry& a, const Entry& b) {
      return compare(a.object, b.object) == Order::kLess;
    });
  }

  /// Why kcmp(2) is impossible here (kLacking), if it is; vanished tasks and
  /// fds are none of its business.
  [[nodiscard]] Status usable() const;

 private:
  int type_;
  int error_ = 0;
};

}  // namespace rb
