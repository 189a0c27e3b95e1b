// The ledger's arithmetic.
#include "harness/ledger/ledger.h"

#include <catch2/catch.hpp>

namespace rb::test {
namespace {

Ledger ledger_of(std::uint64_t each) {
  Ledger ledger;
  for (std::size_t i = 0; i < kObjectClassCount; ++i) {
    ledger.needed[i] = 10;
    ledger.created.events.push_back({std::string(object_class_name(static_cast<ObjectClass>(i))),
                                     std::vector<std::uint64_t>{each + 1, each, each}});
  }
  return ledger;
}

}  // namespace

TEST_CASE("useless is what is created and not needed", "[ledger]") {
  CHECK(useless(ledger_of(12), ObjectClass::kVma).value() == 2);
  CHECK(useless(ledger_of(7), ObjectClass::kVma).value() == -3);
  Ledger uncounted = ledger_of(12);
  uncounted.created.events[0].counts = fail(ErrorKind::kLacking, "no");
  CHECK_FALSE(useless(uncounted, ObjectClass::kMm).has_value());
}

TEST_CASE("a strategy accounts for four classes, or for none", "[ledger]") {
  Ledger ledger = ledger_of(1);
  CHECK_FALSE(referenced(ledger, ObjectClass::kMm).has_value());
  CHECK_FALSE(made(ledger, ObjectClass::kMm).has_value());
  ledger.account.emplace();
  ledger.account->objects = {{1, 2, 3, 4}, {10, 20, 30, 40}, {100, 200, 300, 400}};
  CHECK(made(ledger, ObjectClass::kFiles).value() == 2);
  CHECK(referenced(ledger, ObjectClass::kMm).value() == 110);
  CHECK(referenced(ledger, ObjectClass::kSighand).value() == 440);
  CHECK_FALSE(referenced(ledger, ObjectClass::kTask).has_value());
}

TEST_CASE("events that a kernel lacks keep their place and their reason", "[ledger]") {
  const std::vector<Result<EventSpec>> events = {EventSpec{"mm", 0, 0, {}, {}},
                                                 fail(ErrorKind::kLacking, "no such cache"),
                                                 EventSpec{"files", 0, 0, {}, {}}};
  std::vector<EventCounts> counted;
  counted.push_back({"mm", std::vector<std::uint64_t>{1}});
  counted.push_back({"files", std::vector<std::uint64_t>{2}});
  const auto all = with_reasons(std::move(counted), events);
  REQUIRE(all.size() == 3);
  CHECK(all[1].name == "vma");
  CHECK(all[1].counts.error().message == "no such cache");
  CHECK(all[2].counts.value().front() == 2);
}

}  // namespace rb::test
