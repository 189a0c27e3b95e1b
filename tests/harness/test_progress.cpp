#include <catch2/catch.hpp>
#include <sstream>
#include <vector>

#include "harness/fake_time.h"
#include "harness/progress.h"

using rb::ProgressState;

TEST_CASE("progress counts, and shows nothing when there is nothing to show") {
  std::vector<std::string> seen;
  {
    rb::Progress progress(
        [&](const ProgressState& state) {
          seen.push_back(std::to_string(state.done) + '/' + std::to_string(state.all) + ' ' +
                         state.at);
        },
        5, "cells done");
    progress.at("a");
    progress.group_done(2);
    progress.at("b");
    progress.at("c", 4);
  }
  CHECK(seen == std::vector<std::string>{"0/5 a", "2/5 ", "2/5 b", "4/5 c", "4/5 "});
  rb::Progress nobody({}, 1, "cells done");
  nobody.at("a");
  nobody.group_done(1);
}

TEST_CASE("a terminal shows how much is left") {
  struct : rb::TimeSource {
    std::uint64_t now_ns() override { return now; }
    std::uint64_t now = 1'000'000'000;
  } time;
  std::ostringstream terminal;
  const auto show = rb::show_on(terminal, time);
  show({0, 1200, "graphs restarted", "x"});
  CHECK(terminal.str() == "\r\033[K0 of 1,200 graphs restarted: x");
  time.now += 60'000'000'000;
  terminal.str({});
  show({600, 1200, "graphs restarted", "x"});
  CHECK(terminal.str() == "\r\033[K600 of 1,200 graphs restarted, about 60 s left: x");
  terminal.str({});
  show({100, 1200, "graphs restarted", "x"});
  CHECK(terminal.str() == "\r\033[K100 of 1,200 graphs restarted, about 11 min left: x");
  terminal.str({});
  show({});
  CHECK(terminal.str() == "\r\033[K");
}

TEST_CASE("progress arrives from a virtual machine as it was sent") {
  const ProgressState sent{3, 20, "cells done", "image:a \"b\"\n\xff/kernel"};
  const auto got = rb::parse_progress(rb::to_text(sent));
  REQUIRE(got);
  CHECK((got->done == 3 && got->all == 20 && got->what == "cells done"));
  CHECK(got->at.find("image:a \"b\"\n") == 0);
  CHECK_FALSE(rb::parse_progress("[1,2,3]"));
  CHECK_FALSE(rb::parse_progress("\r\033[K"));
}
