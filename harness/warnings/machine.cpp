#include "harness/warnings/machine.h"

#include <fmt/format.h>
#include <sys/personality.h>

#include <fstream>
#include <sstream>

namespace rb {
namespace {

/// The first word of a file; empty if there is none.
std::string word_of(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

/// Documentation/admin-guide/pm: intel_pstate has its own file, other drivers share one.
std::optional<bool> turbo(const std::string& cpus) {
  if (const auto off = word_of(cpus + "/intel_pstate/no_turbo"); !off.empty()) return off == "0";
  if (const auto on = word_of(cpus + "/cpufreq/boost"); !on.empty()) return on == "1";
  return std::nullopt;
}

/// CPUID's bit for it, as proc(5) names it.
bool has_hypervisor_flag(const std::string& cpuinfo) {
  std::ifstream file(cpuinfo);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("flags")) continue;
    std::istringstream flags(line);
    for (std::string flag; flags >> flag;) {
      if (flag == "hypervisor") return true;
    }
    return false;
  }
  return false;
}

/// personality(2), which setarch -R sets, wins over the sysctl.
bool random_addresses(const std::string& root) {
  constexpr unsigned long kAsk = 0xffffffff;
  const int persona = ::personality(kAsk);
  if (persona >= 0 && (static_cast<unsigned>(persona) & ADDR_NO_RANDOMIZE) != 0) return false;
  const std::string mode = word_of(root + "/proc/sys/kernel/randomize_va_space");
  return !mode.empty() && mode != "0";
}

constexpr bool is_sanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#else
  return false;
#endif
}

constexpr bool is_optimised() {
#ifdef __OPTIMIZE__
  return true;
#else
  return false;
#endif
}

}  // namespace

MachineFacts read_machine_facts(const std::string& root) {
  const std::string cpus = root + "/sys/devices/system/cpu";
  MachineFacts facts;
  facts.governor = word_of(cpus + "/cpu0/cpufreq/scaling_governor");
  facts.turbo = turbo(cpus);
  facts.random_addresses = random_addresses(root);
  facts.hypervisor = has_hypervisor_flag(root + "/proc/cpuinfo");
  facts.optimised = is_optimised();
  facts.sanitized = is_sanitized();
  return facts;
}

std::vector<Warning> machine_warnings(const MachineFacts& facts) {
  std::vector<Warning> warnings;
  if (!facts.optimised) {
    warnings.push_back({"debug-build",
                        "bench was built without optimisation: its share of a time is too large",
                        "build the preset release",
                        {}});
  }
  if (facts.sanitized) {
    warnings.push_back({"sanitizer-build",
                        "bench was built with a sanitizer, which multiplies its share of a time",
                        "build the preset release",
                        {}});
  }
  if (!facts.governor.empty() && facts.governor != "performance") {
    warnings.push_back({"frequency-scaling",
                        fmt::format("the CPU frequency governor is {}: times vary with the clock "
                                    "rate",
                                    facts.governor),
                        "run cpupower frequency-set -g performance",
                        {}});
  }
  if (facts.turbo.value_or(false)) {
    warnings.push_back({"turbo",
                        "the CPU may clock higher while it is cool: times vary with its "
                        "temperature",
                        "write 1 to intel_pstate/no_turbo, or 0 to cpufreq/boost, in "
                        "/sys/devices/system/cpu",
                        {}});
  }
  if (facts.hypervisor) {
    warnings.push_back({"hypervisor",
                        "this is a virtual machine: page tables and interrupts cost more, and its "
                        "CPUs may be taken away unseen",
                        "compare ratios only, or run on the bare machine",
                        {}});
  }
  if (facts.random_addresses) {
    warnings.push_back({"random-addresses",
                        "addresses are random: another run of bench has another layout, and may "
                        "differ by that",
                        "run setarch -R bench, or repeat the run",
                        {}});
  }
  return warnings;
}

}  // namespace rb
