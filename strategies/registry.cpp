// The one list of strategies: --help, tests and plots take the names from it.
#include <array>
#include <cstdio>

#include "strategies/bare/in_process.h"
#include "strategies/bare/tasks.h"
#include "strategies/contract.h"
#include "strategies/kernel/restarter.h"
#include "strategies/null/null.h"
#include "strategies/optimistic/restarter.h"
#include "strategies/strategy.h"
#include "strategies/userspace/restarter.h"

namespace rb {
namespace {

/// In the order in which they are listed and compared: ratios are to the first.
constexpr std::array kStrategies = {
    &kUserspace, &kUserspaceCloseRange, &kUserspaceNaive, &kKernel,       &kOptimistic,
    &kBare,      &kBareFiles,           &kBareMemory,     &kNullStrategy,
};

bool checked() {
  const auto breach = contract_breach(kStrategies);
  if (breach) std::fprintf(stderr, "strategies/registry.cpp: %s\n", breach->c_str());
  RB_ASSERT(!breach);
  return true;
}

}  // namespace

std::span<const Strategy* const> strategies() {
  static const bool kChecked = checked();
  static_cast<void>(kChecked);
  return kStrategies;
}

const Strategy* find_strategy(std::string_view name) {
  for (const Strategy* strategy : strategies()) {
    if (strategy->name == name) return strategy;
  }
  return nullptr;
}

}  // namespace rb
