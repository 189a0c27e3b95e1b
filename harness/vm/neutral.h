// Keeps out of an emulated guest what differs from run to run, and puts it into
// the results afterwards.
#pragma once

#include <ctime>
#include <string>
#include <vector>

namespace rb::vm {

/// What a guest takes for the time at its start, so that all begin alike.
inline constexpr std::time_t kGuestTime = 1'704'067'200;  // 2024-01-01, UTC

/// The command line with another value of --out, always the same.
[[nodiscard]] std::vector<std::string> neutral_arguments(std::vector<std::string> arguments);

/// Results of a guest with the real time and the command line as it was given; as
/// they are if they are no JSON.
[[nodiscard]] std::string restored_results(const std::string& text, std::time_t time,
                                           const std::vector<std::string>& arguments);

}  // namespace rb::vm
