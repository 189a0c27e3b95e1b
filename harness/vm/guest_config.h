// What the host tells the guest: one JSON file in the initramfs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "harness/virtual_machine.h"

namespace rb::vm {

inline constexpr char kGuestConfigPath[] = "guest.json";  ///< in the guest's root
inline constexpr char kGuestModulePath[] = "restart.ko";  ///< ... if there is a module

struct GuestConfig {
  std::vector<std::string> arguments;  ///< the command line, the program's name first
  std::string directory;               ///< the host's working directory
  std::int64_t host_time_s = 0;        ///< since the epoch, for the guest's clock
  VirtualMachine machine;
  /// Files in the initramfs: modules of the kernel, in the order in which to load them.
  std::vector<std::string> modules = {};
  /// The arguments are a command, run in the host's root file system, and not bench's.
  bool foreign = false;
  std::vector<std::string> environment = {};  ///< NAME=VALUE, of a foreign command
};

[[nodiscard]] std::string to_text(const GuestConfig& config);
[[nodiscard]] Result<GuestConfig> parse_guest_config(const std::string& text);

}  // namespace rb::vm
