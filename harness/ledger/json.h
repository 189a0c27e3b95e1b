// The ledger as results have it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/ledger/ledger.h"

namespace rb {

/// Counts of one event: {"median", "counts"}, or {"unsupported": reason}.
[[nodiscard]] nlohmann::ordered_json counts_json(const EventCounts& event);

/// What counting took: {"cost", "counted_ns", "uncounted_ns"}.
[[nodiscard]] nlohmann::ordered_json counting_json(const CountedRestarts& counted);

/// Class by class, then the strategy's own account; docs/results-format.md.
[[nodiscard]] nlohmann::ordered_json ledger_json(const Ledger& ledger);

}  // namespace rb
