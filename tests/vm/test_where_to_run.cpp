#include <catch2/catch.hpp>

#include "harness/where_to_run.h"

using rb::ClockKind;
using rb::ErrorKind;
using rb::Place;
using rb::RunOptions;
using rb::Situation;
using rb::where_to_run;

TEST_CASE("without options and needs it runs here, on wall time") {
  const auto decision = where_to_run({}, {});
  REQUIRE(decision);
  CHECK(decision->place == Place::kHere);
  CHECK(decision->clock == ClockKind::kWall);
  CHECK(decision->notice.empty());
}

TEST_CASE("--vm goes to the virtual machine, with or without the device") {
  RunOptions options;
  options.vm.wanted = true;
  Situation situation;
  situation.device = GENERATE(true, false);
  const auto decision = where_to_run(options, situation);
  REQUIRE(decision);
  CHECK(decision->place == Place::kVirtualMachine);
  CHECK_FALSE(decision->clock);  // which it has is not known yet
  CHECK(decision->notice.empty());
}

TEST_CASE("a strategy that needs the device takes the comparison to where it is") {
  Situation situation;
  situation.need_device = {"kernel", "optimistic"};
  SECTION("here, if it is here") {
    situation.device = true;
    CHECK(where_to_run({}, situation)->place == Place::kHere);
  }
  SECTION("to the virtual machine, if not, and says so") {
    const auto decision = where_to_run({}, situation);
    REQUIRE(decision);
    CHECK(decision->place == Place::kVirtualMachine);
    CHECK(decision->notice.find("kernel, optimistic need /dev/restart") == 0);
    CHECK(decision->notice.find("--native") != std::string::npos);
  }
  SECTION("nowhere, if it is to be here") {
    RunOptions options;
    options.vm.native = true;
    const auto decision = where_to_run(options, situation);
    REQUIRE_FALSE(decision);
    CHECK(decision.error().kind == ErrorKind::kLacking);
    CHECK(decision.error().advice.find("insmod") != std::string::npos);
  }
}

TEST_CASE("without --strategy, those that need the device are left out, and named") {
  Situation situation;
  situation.left_out = {"kernel"};
  const auto decision = where_to_run({}, situation);
  REQUIRE(decision);
  CHECK(decision->place == Place::kHere);
  CHECK(decision->notice.find("kernel needs /dev/restart") == 0);
  CHECK(decision->notice.find("--strategy all") != std::string::npos);
}

TEST_CASE("\"all\" asks for strategies that need the device as their names do") {
  rb::Parts parts{};
  const auto registry = rb::strategies();
  parts.strategies = registry;
  const std::vector<std::string> both = {"kernel", "optimistic"};
  CHECK(rb::situation_of({"all"}, parts).need_device == both);
  CHECK(rb::situation_of({"all"}, parts).left_out.empty());
  CHECK(rb::situation_of({"userspace", "kernel"}, parts).need_device ==
        std::vector<std::string>{"kernel"});
  CHECK(rb::situation_of({"userspace"}, parts).need_device.empty());
  const Situation none = rb::situation_of({}, parts);
  CHECK(none.need_device.empty());
  CHECK((none.left_out == both || none.device));
}

TEST_CASE("a real machine has no clock that counts instructions") {
  RunOptions options;
  options.clock = ClockKind::kInstructions;
  options.vm.native = GENERATE(true, false);
  const auto decision = where_to_run(options, {});
  REQUIRE_FALSE(decision);
  CHECK(decision.error().kind == ErrorKind::kUsage);
  CHECK(decision.error().advice.find("--vm") != std::string::npos);
}

TEST_CASE("in the virtual machine it runs there, on the clock that it has") {
  RunOptions options;
  options.vm.wanted = true;
  Situation situation;
  situation.in_guest = true;
  situation.device = true;
  situation.need_device = {"kernel"};
  situation.counts_instructions = GENERATE(true, false);
  const ClockKind own = situation.counts_instructions ? ClockKind::kInstructions : ClockKind::kWall;
  const auto decision = where_to_run(options, situation);
  REQUIRE(decision);
  CHECK(decision->place == Place::kHere);
  CHECK(decision->clock == own);

  options.clock = own == ClockKind::kWall ? ClockKind::kInstructions : ClockKind::kWall;
  CHECK_FALSE(where_to_run(options, situation));
  options.clock = ClockKind::kFake;
  CHECK(where_to_run(options, situation)->clock == ClockKind::kFake);
}

TEST_CASE("a virtual machine whose module did not load runs no strategy that needs it") {
  Situation situation;
  situation.in_guest = true;
  situation.need_device = {"kernel"};
  const auto decision = where_to_run({}, situation);
  REQUIRE_FALSE(decision);
  CHECK(decision.error().kind == ErrorKind::kLacking);
}
