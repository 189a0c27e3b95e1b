#include "harness/ledger/json.h"

#include <nlohmann/json.hpp>

namespace rb {

using Json = nlohmann::ordered_json;

Json counts_json(const EventCounts& event) {
  if (!event.counts) return {{"unsupported", describe(event.counts.error())}};
  return {{"median", middle(*event.counts)}, {"counts", *event.counts}};
}

Json counting_json(const CountedRestarts& counted) {
  const auto cost = counting_cost(counted);
  return {{"cost", cost ? Json(*cost) : Json(nullptr)},
          {"counted_ns", counted.counted_ns},
          {"uncounted_ns", counted.uncounted_ns}};
}

Json ledger_json(const Ledger& ledger) {
  Json classes = Json::object();
  for (std::size_t i = 0; i < kObjectClassCount; ++i) {
    const auto object = static_cast<ObjectClass>(i);
    Json entry = {{"needed", ledger.needed[i]},
                  {"created", counts_json(ledger.created.events[i])},
                  {"destroyed", counts_json(ledger.destroyed[i])}};
    if (const auto count = useless(ledger, object)) entry["useless"] = *count;
    if (const auto count = made(ledger, object)) entry["made"] = *count;
    if (const auto count = referenced(ledger, object)) entry["referenced"] = *count;
    classes[std::string(object_class_name(object))] = std::move(entry);
  }
  Json json = {{"objects", std::move(classes)}, {"counting", counting_json(ledger.created)}};
  if (ledger.vmas_copied.counts) json["vmas_copied"] = counts_json(ledger.vmas_copied);
  if (ledger.account) {
    const RestartWork& work = ledger.account->work;
    json["work"] = {{"throwaway_tasks", work.throwaway_tasks},
                    {"execs", work.execs},
                    {"unshares", work.unshares},
                    {"descriptors_copied", work.descriptors_copied},
                    {"descriptors_closed", work.descriptors_closed},
                    {"pages_copied", work.pages_copied}};
  }
  return json;
}

}  // namespace rb
