// Which strategies a run takes, and what this machine lacks for one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "harness/parts.h"

namespace rb {

/// What the strategy needs and this machine or user does not have, as in
/// "needs root (CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE)"; nothing if it can run.
[[nodiscard]] std::optional<std::string> machine_lacks(const Strategy& strategy);

/// Strategies by name, each once. "all", also meant by no name at all, is every
/// strategy that can run here, those for tests apart.
/// Errors: kUsage for an unknown name; kLacking if "all" is none.
[[nodiscard]] Result<std::vector<const Strategy*>> select_strategies(
    const std::vector<std::string>& names, const Parts& parts);

/// What has a cell of each image: the strategies that were asked for, and then the peers. No
/// strategy is meant by "none", where there are peers. Errors: the same; kUsage for an unknown
/// peer.
[[nodiscard]] Result<std::vector<const Strategy*>> select_with_peers(const RunOptions& options,
                                                                     const Parts& parts);

/// Whether there is a /dev/restart that may be used.
[[nodiscard]] bool has_device();

/// Those of the strategies, named or "all" (also meant by no name), that need
/// /dev/restart.
[[nodiscard]] std::vector<std::string> needing_device(const std::vector<std::string>& names,
                                                      const Parts& parts);

/// Those of the strategies that this machine lacks nothing for, "a,b" as --strategy
/// takes them; empty if there is none.
[[nodiscard]] std::string runnable_here(const std::vector<std::string>& names, const Parts& parts);

/// "restart", "variant", "reference", "test", "peer".
[[nodiscard]] std::string_view kind_name(StrategyKind kind);

}  // namespace rb
