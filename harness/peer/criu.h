// CRIU as a peer: what it is told, and what it says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace rb::peer {

/// Path of criu: on PATH, or where Debian has it. Errors: kLacking, with how to install it.
[[nodiscard]] Result<std::string> find_criu();

/// The same in directories separated by colons.
[[nodiscard]] Result<std::string> find_criu_in(std::string_view directories);

/// Whether it works on this kernel, by its own `criu check`; which leaves behind what criu has
/// found out of the kernel, so that no restore that is timed has to. Errors: kLacking, with
/// criu's message.
[[nodiscard]] Status check_criu(const std::string& criu);

/// "3.17.1", or empty.
[[nodiscard]] std::string criu_version(const std::string& criu);

[[nodiscard]] std::vector<std::string> dump_command(const std::string& criu, unsigned pid,
                                                    const std::string& directory);
[[nodiscard]] std::vector<std::string> restore_command(const std::string& criu,
                                                       const std::string& directory);

/// The reason among what criu printed: its last but generic "Error" line, without time and place.
[[nodiscard]] std::string reason_in(std::string_view output);

}  // namespace rb::peer
