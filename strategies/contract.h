// The check that every strategy's table passes before it is listed.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "strategies/strategy.h"

namespace rb {

/// What breaks the contract in a list of strategies, or nothing: a missing
/// field, another version, a name used twice or not fit for the command line, a
/// reference that says it can be verified, no pid namespace to restart into, two
/// contradictory claims of what can be shared.
[[nodiscard]] std::optional<std::string> contract_breach(std::span<const Strategy* const> list);

}  // namespace rb
