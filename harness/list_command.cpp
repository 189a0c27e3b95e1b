#include "harness/list_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/counters/catalog.h"
#include "harness/exit_code.h"
#include "harness/selection.h"

namespace rb {
namespace {

using Json = nlohmann::ordered_json;

Json needs_json(const Strategy& strategy) {
  Json needs = Json::array();
  if ((strategy.flags & kNeedsRoot) != 0) needs.push_back("root");
  if ((strategy.flags & kNeedsDevice) != 0) needs.push_back("/dev/restart");
  return needs;
}

Json pids_json(const Strategy& strategy) {
  Json pids = Json::array();
  if ((strategy.flags & kOwnPidNamespace) != 0) pids.push_back("own");
  if ((strategy.flags & kHostPids) != 0) pids.push_back("host");
  return pids;
}

Json strategy_json(const Strategy& strategy) {
  const auto lacks = machine_lacks(strategy);
  Json object = {{"name", strategy.name},
                 {"summary", strategy.summary},
                 {"kind", kind_name(strategy.kind)},
                 {"verifiable", (strategy.flags & kRestoresTree) != 0},
                 {"needs", needs_json(strategy)},
                 {"pids", pids_json(strategy)},
                 {"runs_here", !lacks}};
  if (lacks) object["reason"] = *lacks;
  return object;
}

Json workload_json(const Workload& workload) {
  Json object = {
      {"name", workload.name}, {"summary", workload.summary}, {"parameters", Json::array()}};
  for (const Parameter& parameter : workload.parameters) {
    object["parameters"].push_back({{"name", parameter.name},
                                    {"summary", parameter.summary},
                                    {"default", parameter.default_value},
                                    {"min", parameter.min},
                                    {"max", parameter.max},
                                    {"sweep", parameter.default_sweep}});
  }
  return object;
}

/// The width of the longest name.
template <class Entry>
std::size_t name_width(std::span<const Entry* const> registry) {
  std::size_t width = 0;
  for (const Entry* entry : registry) width = std::max(width, std::string_view(entry->name).size());
  return width;
}

}  // namespace

int list_strategies(const ListStrategies& options, const Parts& parts, std::ostream& out) {
  if (options.json) {
    Json list = Json::array();
    for (const Strategy* strategy : parts.strategies) list.push_back(strategy_json(*strategy));
    out << list.dump(2) << '\n';
    return kExitOk;
  }
  const std::size_t width = name_width(parts.strategies);
  for (const Strategy* strategy : parts.strategies) {
    const auto lacks = machine_lacks(*strategy);
    out << fmt::format("{:<{}}  {:<9}  {:<11}  {}{}\n", strategy->name, width,
                       kind_name(strategy->kind), lacks ? "cannot run" : "runs here",
                       strategy->summary, lacks ? " [" + *lacks + "]" : "");
  }
  return kExitOk;
}

int list_workloads(const ListWorkloads& options, const Parts& parts, std::ostream& out) {
  if (options.json) {
    Json list = Json::array();
    for (const Workload* workload : parts.workloads) list.push_back(workload_json(*workload));
    out << list.dump(2) << '\n';
    return kExitOk;
  }
  const std::size_t width = name_width(parts.workloads);
  for (const Workload* workload : parts.workloads) {
    out << fmt::format("{:<{}}  {}\n", workload->name, width, workload->summary);
    for (const Parameter& parameter : workload->parameters) {
      out << fmt::format("{:<{}}    {}={} ({} to {}): {}\n", "", width, parameter.name,
                         parameter.default_value, parameter.min, parameter.max, parameter.summary);
    }
  }
  return kExitOk;
}

int list_counters(const ListCounters& options, const Parts& parts, std::ostream& out) {
  Json list = Json::array();
  for (const CatalogEvent& entry : counter_catalog()) {
    // One by one: together they might not fit.
    const auto group = parts.counters->open({&entry.event, 1});
    const Count count = group->read().front();
    Json object = {{"name", entry.event.name},
                   {"meaning", entry.meaning},
                   {"counted_here", count.has_value()}};
    if (!count) object["reason"] = describe(count.error());
    list.push_back(std::move(object));
    if (options.json) continue;
    out << fmt::format("{:<16}  {:<11}  {}{}\n", entry.event.name,
                       count ? "counts here" : "unsupported", entry.meaning,
                       count ? "" : " [" + describe(count.error()) + "]");
  }
  if (options.json) out << list.dump(2) << '\n';
  return kExitOk;
}

}  // namespace rb
