// Real restarts, verified, for native tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "image/image.h"
#include "strategies/strategy.h"
#include "workloads/workload.h"

namespace rb::test {

/// How far to go with each tree.
struct RestartOptions {
  StrategyOptions strategy{};
  int times = 1;          ///< trees, one after the other, of one Restarter
  bool run = true;        ///< release the tasks and wait for their own reports
  bool held = false;      ///< else release them and stop each at its first instruction
  bool leftovers = true;  ///< compare what this process holds before and after
};

/// Ends the program as skipped (exit code 77) where there are no privileges.
void need_root();

/// Restarts an image and verifies each tree against `expected`. Returns
/// everything that went wrong, one line each, with where in brackets before it.
[[nodiscard]] std::vector<std::string> restart_against(const Strategy& strategy, const Image& image,
                                                       const Image& expected,
                                                       const RestartOptions& options = {});

/// The same, verified against the image that is restarted.
[[nodiscard]] inline std::vector<std::string> restart(const Strategy& strategy, const Image& image,
                                                      const RestartOptions& options = {}) {
  return restart_against(strategy, image, image, options);
}

/// A workload's image, its fixtures made. Parameters that are not given have
/// their defaults. Fails the test where that is not possible.
[[nodiscard]] Image workload_image(std::string_view workload, const ParameterValues& values = {});

/// The strategy of that name; fails the test if there is none.
[[nodiscard]] const Strategy& strategy_named(std::string_view name);

/// One line each, for messages.
[[nodiscard]] std::string joined(const std::vector<std::string>& lines);

}  // namespace rb::test
