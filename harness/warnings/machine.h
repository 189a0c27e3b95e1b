// What about the machine and the build makes times less sure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/warnings/warning.h"

namespace rb {

struct MachineFacts {
  std::string governor;       ///< of CPU 0; empty: no frequency scaling that can be seen
  std::optional<bool> turbo;  ///< may clock higher than its nominal rate; nothing: unknown
  bool random_addresses = false;
  bool hypervisor = false;  ///< a virtual machine, as the CPU says
  bool optimised = true;    ///< this build
  bool sanitized = false;   ///< this build
};

/// Of the machine whose /proc and /sys are below that directory, "" for this one.
[[nodiscard]] MachineFacts read_machine_facts(const std::string& root);

[[nodiscard]] std::vector<Warning> machine_warnings(const MachineFacts& facts);

}  // namespace rb
