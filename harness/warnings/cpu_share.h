// How much of the CPUs others took while bench was measuring.
#pragma once

#include <optional>
#include <string>

#include "harness/warnings/warning.h"

namespace rb {

/// Sums since some moment in the past, in seconds of one CPU.
struct CpuTimes {
  double idle = 0;  ///< of all CPUs, waiting for a disk included
  double busy = 0;  ///< ... and stolen by a hypervisor
  double own = 0;   ///< of this process and its children that are gone
};

/// From the text of /proc/stat (proc(5)); nothing if it is not as expected.
[[nodiscard]] std::optional<CpuTimes> parse_cpu_times(const std::string& stat,
                                                      double ticks_per_second);

/// Now, of this machine. Children count once they have been waited for, so ask before
/// they are made and after they are gone.
[[nodiscard]] std::optional<CpuTimes> read_cpu_times();

/// What others used between the two, as a share of all CPUs, 0 to 1; nothing if too
/// little time has passed to say (0.2 s), as the kernel counts in ticks.
[[nodiscard]] std::optional<double> share_of_others(const CpuTimes& before, const CpuTimes& after);

/// Of the group where it was largest; nothing up to 5 %.
[[nodiscard]] std::optional<Warning> cpu_share_warning(double share);

}  // namespace rb
