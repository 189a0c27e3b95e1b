#include "harness/ledger/ledger.h"

namespace rb {
namespace {

/// The position that a class has in ObjectCounts.
std::optional<std::size_t> accounted(ObjectClass object) {
  switch (object) {
    case ObjectClass::kMm:
      return 0;
    case ObjectClass::kFiles:
      return 1;
    case ObjectClass::kFs:
      return 2;
    case ObjectClass::kSighand:
      return 3;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<std::int64_t> useless(const Ledger& ledger, ObjectClass object) {
  const auto i = static_cast<std::size_t>(object);
  const auto& created = ledger.created.events.at(i).counts;
  if (!created) return std::nullopt;
  return static_cast<std::int64_t>(middle(*created)) - static_cast<std::int64_t>(ledger.needed[i]);
}

std::optional<std::uint64_t> made(const Ledger& ledger, ObjectClass object) {
  const auto i = accounted(object);
  if (!ledger.account || !i) return std::nullopt;
  return ledger.account->objects.made[*i];
}

std::optional<std::uint64_t> referenced(const Ledger& ledger, ObjectClass object) {
  const auto i = accounted(object);
  if (!ledger.account || !i) return std::nullopt;
  return ledger.account->objects.attached[*i] + ledger.account->objects.inherited[*i];
}

std::vector<Result<EventSpec>> creation_events(const KernelFacts& facts) {
  std::vector<Result<EventSpec>> events;
  for (std::size_t i = 0; i < kObjectClassCount; ++i) {
    events.push_back(creation_event(static_cast<ObjectClass>(i), facts));
  }
  return events;
}

std::vector<EventCounts> with_reasons(std::vector<EventCounts> counted,
                                      std::span<const Result<EventSpec>> events) {
  std::vector<EventCounts> all;
  auto next = counted.begin();
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i]) {
      RB_ASSERT(next != counted.end() && next->name == events[i]->name);
      all.push_back(std::move(*next++));
    } else {
      all.push_back({std::string(object_class_name(static_cast<ObjectClass>(i))),
                     tl::unexpected(events[i].error())});
    }
  }
  return all;
}

}  // namespace rb
