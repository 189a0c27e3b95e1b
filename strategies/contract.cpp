#include "strategies/contract.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace rb {
namespace {

bool is_name(std::string_view name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789-";
  return !name.empty() && name.front() != '-' && name != "all" &&
         name.find_first_not_of(kLetters) == std::string_view::npos;
}

std::optional<std::string> breach_of(const Strategy& strategy) {
  if (strategy.name == nullptr || !is_name(strategy.name)) {
    return "a strategy's name is not of lower-case letters, digits and hyphens";
  }
  const auto says = [&](std::string_view what) {
    return fmt::format("{}: {}", strategy.name, what);
  };
  if (strategy.version != kStrategyVersion) return says("is built for another contract");
  if (strategy.summary == nullptr || *strategy.summary == '\0') return says("has no summary");
  if (strategy.supports == nullptr) return says("has no supports()");
  if (strategy.prepare == nullptr) return says("has no prepare()");
  if ((strategy.flags & (kOwnPidNamespace | kHostPids)) == 0) {
    return says("restarts into no pid namespace at all");
  }
  if ((strategy.flags & kSharesByPlan) != 0 && (strategy.flags & kSharesAnything) != 0) {
    return says("says two things of what its tasks can share");
  }
  if (strategy.kind == StrategyKind::kReference && (strategy.flags & kRestoresTree) != 0) {
    return says("is a reference and says that its tree can be verified");
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> contract_breach(std::span<const Strategy* const> list) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] == nullptr) return "a row is empty";
    if (auto breach = breach_of(*list[i])) return breach;
    const auto before = list.first(i);
    const auto same = [&](const Strategy* other) {
      return std::string_view(other->name) == list[i]->name;
    };
    if (std::any_of(before.begin(), before.end(), same)) {
      return fmt::format("{}: the name is used twice", list[i]->name);
    }
  }
  return std::nullopt;
}

}  // namespace rb
