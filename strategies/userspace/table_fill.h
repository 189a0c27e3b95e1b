// How one descriptor table gets its contents with few calls.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "strategies/userspace/fd_numbers.h"
#include "strategies/userspace/restorer/program.h"
#include "strategies/userspace/scaffold_address.h"

namespace rb {

inline constexpr std::uint32_t kNotStored = 0xffffffffu;

/// Appends to `ops` what turns a table that holds `present` into one that holds
/// `wanted` (both ascending). Pure: simulates the numbers that the kernel hands
/// out, so that nearly every descriptor costs one call: the next number in line
/// is opened directly, a known description is duplicated to its number, gaps
/// are plugged with duplicates where that is cheaper than moving each one.
///
/// @param stored  by open file description: the coordinator's descriptor to
///                fetch it from, or kNotStored to open it here
void fill_table(const ImageAt& at, std::span<const rbi_fd> present, std::span<const rbi_fd> wanted,
                std::span<const std::uint32_t> stored, std::vector<rst_op>& ops);

/// Appends what opens one description (not a pipe end); returns nothing, the
/// number it lands on is given.
void open_description(const ImageAt& at, const rbi_ofd& ofd, std::uint32_t lands_on, bool cloexec,
                      std::vector<rst_op>& ops);

/// Appends what makes a pipe with its contents on two given numbers.
void open_pipe(const ImageAt& at, std::uint32_t pipe, const rbi_ofd* read_end,
               const rbi_ofd* write_end, std::uint32_t read_fd, std::uint32_t write_fd,
               std::vector<rst_op>& ops);

/// The descriptions of a pipe's ends in an image; either may be missing.
struct PipeEnds {
  std::uint32_t read = RBI_NONE;
  std::uint32_t write = RBI_NONE;
};
[[nodiscard]] std::vector<PipeEnds> pipe_ends(const Image& image);

}  // namespace rb
