// Parsers of /proc files: text in, values out, no system calls.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rb {

/// Of /proc/PID/stat, proc_pid_stat(5).
struct ProcStat {
  static constexpr std::size_t kFields = 53;
  std::string comm;  ///< field 2, may contain anything, ')' and spaces too
  char state = '?';  ///< field 3
  /// Fields 4 to 52 by their number in the manual; negative ones wrap around.
  std::array<std::uint64_t, kFields> field{};
};
[[nodiscard]] std::optional<ProcStat> parse_stat(std::string_view text);

/// Of /proc/PID/status, proc_pid_status(5). Signal sets: bit n-1 = signal n.
struct ProcStatus {
  std::string name;
  char state = '?';
  std::uint32_t umask = 0;
  std::uint64_t private_pending = 0;  ///< SigPnd
  std::uint64_t shared_pending = 0;   ///< ShdPnd
  std::uint64_t blocked = 0;
  std::uint64_t ignored = 0;
  std::uint64_t caught = 0;
};
[[nodiscard]] std::optional<ProcStatus> parse_status(std::string_view text);

/// One mapping of /proc/PID/maps or smaps, proc_pid_maps(5).
struct ProcMapping {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint32_t prot = 0;  ///< PROT_*
  bool shared = false;
  std::uint64_t offset = 0;
  std::uint64_t device = 0;  ///< major << 32 | minor
  std::uint64_t inode = 0;   ///< 0: not a file
  std::string path;          ///< or a name such as [stack]
  bool growsdown = false;    ///< VmFlags of smaps; false in maps
  bool noreserve = false;
  std::string flags;  ///< VmFlags of smaps: " rd wr mr"; empty in maps

  /// Whether smaps shows a flag of two letters.
  [[nodiscard]] bool has_flag(std::string_view flag) const {
    for (std::size_t at = flags.find(flag); at != std::string::npos;
         at = flags.find(flag, at + 1)) {
      if (at > 0 && flags[at - 1] == ' ') return true;
    }
    return false;
  }
};
/// All mappings, or nothing where a line is not understood.
[[nodiscard]] std::optional<std::vector<ProcMapping>> parse_maps(std::string_view text);

/// Of /proc/PID/fdinfo/FD, proc_pid_fdinfo(5).
struct ProcFdInfo {
  std::uint64_t offset = 0;
  std::uint32_t flags = 0;  ///< of open(2), O_CLOEXEC included
};
[[nodiscard]] std::optional<ProcFdInfo> parse_fdinfo(std::string_view text);

/// The inode of a link "pipe:[N]" or "socket:[N]"; kind is "pipe" or "socket".
[[nodiscard]] std::optional<std::uint64_t> parse_inode_link(std::string_view link,
                                                            std::string_view kind);

}  // namespace rb
