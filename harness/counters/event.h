// What can be counted, and what a count is.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace rb {

/// One event of perf_event_open(2).
struct EventSpec {
  std::string name;          ///< as results call it
  std::uint32_t type = 0;    ///< PERF_TYPE_*
  std::uint64_t config = 0;  ///< PERF_COUNT_*; not for tracepoints
  std::string tracepoint;    ///< "raw_syscalls:sys_enter": its number is looked up
  std::string filter;        ///< of a tracepoint: Documentation/trace/events.rst
};

/// A count, or why there is none: what a machine cannot count is not 0. Errors:
/// kLacking.
using Count = Result<std::uint64_t>;

}  // namespace rb
