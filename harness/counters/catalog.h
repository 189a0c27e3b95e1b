// The events that --counters knows by name.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/counters/event.h"

namespace rb {

/// An event with what it means, for people.
struct CatalogEvent {
  EventSpec event;
  const char* meaning;
};

/// All of them, in the order in which they are shown.
[[nodiscard]] std::span<const CatalogEvent> counter_catalog();

/// The events of a list of names; "all" is all of them. Errors: kUsage, for a name
/// that is none.
[[nodiscard]] Result<std::vector<EventSpec>> parse_counters(const std::vector<std::string>& names);

}  // namespace rb
