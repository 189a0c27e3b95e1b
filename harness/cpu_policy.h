// On which CPUs, and how, bench and everything that it restarts are scheduled.
#pragma once

#include <sched.h>

#include <string_view>
#include <vector>

#include "base/error.h"

namespace rb {

/// "0,2-4" as 0, 2, 3, 4: numbers and ranges, rising. Errors: kUsage.
[[nodiscard]] Result<std::vector<unsigned>> parse_cpus(std::string_view text);

/// Sets affinity and scheduling of this process, which all that it creates inherits;
/// the destructor restores what was before.
class CpuPolicy {
 public:
  /// @param cpus  none: leaves the affinity alone
  /// @param fifo  priority of SCHED_FIFO; 0: leaves the scheduling alone
  /// Errors: kUsage for a CPU that this process may not use; kLacking without the
  /// permission for SCHED_FIFO.
  [[nodiscard]] static Result<CpuPolicy> apply(const std::vector<unsigned>& cpus, int fifo);

  CpuPolicy(CpuPolicy&& other) noexcept;
  CpuPolicy& operator=(CpuPolicy&& other) = delete;
  CpuPolicy(const CpuPolicy&) = delete;
  CpuPolicy& operator=(const CpuPolicy&) = delete;
  ~CpuPolicy();

 private:
  CpuPolicy() = default;

  bool pinned_ = false;
  bool fifo_ = false;
  cpu_set_t cpus_{};
  int policy_ = 0;
  sched_param parameters_{};
};

}  // namespace rb
