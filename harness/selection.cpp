#include "harness/selection.h"

#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "harness/names.h"

namespace rb {
namespace {

constexpr const char* kDevice = "/dev/restart";

/// capget(2), as there may be capabilities without uid 0 and the other way
/// round, in a container.
bool has_capability(unsigned capability) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capget, &header, data) != 0) return false;
  return (data[capability / 32].effective >> (capability % 32) & 1u) != 0;
}

void add_once(std::vector<const Strategy*>& chosen, const Strategy* strategy) {
  if (std::find(chosen.begin(), chosen.end(), strategy) == chosen.end()) {
    chosen.push_back(strategy);
  }
}

/// Known ones only, whether they can run or not.
std::vector<const Strategy*> meant_by(const std::vector<std::string>& names, const Parts& parts) {
  std::vector<const Strategy*> meant;
  const auto is_named = [&](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const bool all = names.empty() || is_named("all");
  for (const Strategy* strategy : parts.strategies) {
    if ((all && strategy->kind != StrategyKind::kTest) || is_named(strategy->name)) {
      meant.push_back(strategy);
    }
  }
  return meant;
}

/// @return why none was added, if none was
std::string add_all(std::vector<const Strategy*>& chosen, const Parts& parts) {
  std::string lacking;
  for (const Strategy* strategy : parts.strategies) {
    if (strategy->kind == StrategyKind::kTest) continue;
    if (const auto lacks = machine_lacks(*strategy)) {
      lacking += fmt::format("{}{} {}", lacking.empty() ? "" : "; ", strategy->name, *lacks);
    } else {
      add_once(chosen, strategy);
    }
  }
  return lacking;
}

}  // namespace

std::optional<std::string> machine_lacks(const Strategy& strategy) {
  if ((strategy.flags & kNeedsRoot) != 0 && !has_capability(CAP_SYS_ADMIN) &&
      !has_capability(CAP_CHECKPOINT_RESTORE)) {
    return "needs root (CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE)";
  }
  if ((strategy.flags & kNeedsDevice) != 0 && !has_device()) {
    return fmt::format("needs {}, a device of the restart module", kDevice);
  }
  return std::nullopt;
}

bool has_device() { return ::access(kDevice, R_OK | W_OK) == 0; }

std::vector<std::string> needing_device(const std::vector<std::string>& names, const Parts& parts) {
  std::vector<std::string> needing;
  for (const Strategy* strategy : meant_by(names, parts)) {
    if ((strategy->flags & kNeedsDevice) != 0) needing.emplace_back(strategy->name);
  }
  return needing;
}

std::string runnable_here(const std::vector<std::string>& names, const Parts& parts) {
  std::string here;
  for (const Strategy* strategy : meant_by(names, parts)) {
    if (machine_lacks(*strategy)) continue;
    here += (here.empty() ? "" : ",") + std::string(strategy->name);
  }
  return here;
}

Result<std::vector<const Strategy*>> select_strategies(const std::vector<std::string>& names,
                                                       const Parts& parts) {
  std::vector<const Strategy*> chosen;
  std::string lacking;
  if (names.empty()) lacking = add_all(chosen, parts);
  for (const std::string& name : names) {
    if (name == "all") {
      lacking = add_all(chosen, parts);
    } else if (const Strategy* strategy = find_named(parts.strategies, name)) {
      add_once(chosen, strategy);
    } else {
      return fail(ErrorKind::kUsage, fmt::format("'{}' is not a strategy", name),
                  fmt::format("strategies are {}, all", joined_names(parts.strategies)));
    }
  }
  if (chosen.empty()) {
    return fail(ErrorKind::kLacking, lacking.empty() ? "there is no strategy to run"
                                                     : "no strategy can run here: " + lacking);
  }
  return chosen;
}

Result<std::vector<const Strategy*>> select_with_peers(const RunOptions& options,
                                                       const Parts& parts) {
  std::vector<const Strategy*> chosen;
  const bool none = options.strategies == std::vector<std::string>{"none"};
  if (none && options.peers.empty()) {
    return fail(ErrorKind::kUsage, "--strategy none leaves nothing to run", "add --peer");
  }
  if (!none) {
    auto strategies = select_strategies(options.strategies, parts);
    if (!strategies) return strategies;
    chosen = std::move(*strategies);
  }
  for (const std::string& name : options.peers) {
    const Strategy* peer = find_named(parts.peers, name);
    if (peer == nullptr) {
      return fail(ErrorKind::kUsage, fmt::format("'{}' is not a peer", name),
                  "peers are " + joined_names(parts.peers));
    }
    add_once(chosen, peer);
  }
  return chosen;
}

std::string_view kind_name(StrategyKind kind) {
  switch (kind) {
    case StrategyKind::kRestart:
      return "restart";
    case StrategyKind::kVariant:
      return "variant";
    case StrategyKind::kReference:
      return "reference";
    case StrategyKind::kTest:
      return "test";
    case StrategyKind::kPeer:
      return "peer";
  }
  return "?";
}

}  // namespace rb
