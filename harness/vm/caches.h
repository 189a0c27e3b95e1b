// Directories where what is expensive to get is kept.
#pragma once

#include <cstdlib>
#include <string>
#include <vector>

namespace rb::vm {

/// The first is the one to write to; scripts/setup chooses among the same ones.
[[nodiscard]] inline std::vector<std::string> cache_directories() {
  std::vector<std::string> found;
  const auto add = [&](const char* variable, const char* below) {
    if (const char* value = std::getenv(variable); value != nullptr && *value != '\0') {
      found.push_back(std::string(value) + below);
    }
  };
  add("RESTARTBENCH_CACHE", "");
  found.emplace_back("/var/cache/restartbench");
  add("XDG_CACHE_HOME", "/restartbench");
  add("HOME", "/.cache/restartbench");
  return found;
}

}  // namespace rb::vm
