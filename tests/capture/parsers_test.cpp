// What /proc says of inotify instances and POSIX timers, as text.
#include <sys/inotify.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <ctime>

#include "harness/capture/watches.h"
#include "harness/verify/proc_timers.h"

namespace rb::capture {
namespace {

TEST_CASE("timers are read with their signals and clocks", "[parsers]") {
  const auto timers = parse_timers(
      "ID: 2\nsignal: 40/0000001234567890\nnotify: signal/tid.213\nClockID: -2\n"
      "ID: 1\nsignal: 0/0000000000000000\nnotify: none/pid.212\nClockID: -6\n"
      "ID: 0\nsignal: 14/ffffffffffffffff\nnotify: signal/pid.212\nClockID: 1\n");
  REQUIRE(timers);
  REQUIRE(timers->size() == 3);
  const ProcTimer& first = timers->front();
  CHECK(first.id == 2);
  CHECK(first.signal == 40);
  CHECK(first.value == 0x1234567890);
  CHECK(first.notify == SIGEV_THREAD_ID);
  CHECK(first.target == 213);
  CHECK(first.clock == -2);
  CHECK(timers->at(1).notify == SIGEV_NONE);
  CHECK(timers->back().notify == SIGEV_SIGNAL);
  CHECK(timers->back().value == ~std::uint64_t{0});
  CHECK(timers->back().clock == CLOCK_MONOTONIC);
}

TEST_CASE("no timers are none, and what is not understood is nothing", "[parsers]") {
  REQUIRE(parse_timers(""));
  CHECK(parse_timers("")->empty());
  CHECK_FALSE(parse_timers("ID: 2\nsignal: 40/12\nnotify: smoke/pid.1\nClockID: 0\n"));
  CHECK_FALSE(parse_timers("ID: 2\nsignal: 40/12\nnotify: signal/pid.1\n"));
}

TEST_CASE("watches are read with their handles, by number", "[parsers]") {
  const auto watches = parse_inotify(
      "pos:\t0\nflags:\t00\nmnt_id:\t17\nino:\t1038\n"
      "inotify wd:a ino:a7642a sdev:fe00000 mask:80000002 ignored_mask:0 fhandle-bytes:8 "
      "fhandle-type:1 f_handle:2a64a700ac440029\n"
      "inotify wd:1 ino:2 sdev:1c mask:fff ignored_mask:0 \n");
  REQUIRE(watches);
  REQUIRE(watches->size() == 2);
  CHECK(watches->front().number == 1);
  CHECK(watches->front().handle.empty());
  const InotifyWatch& last = watches->back();
  CHECK(last.number == 10);
  CHECK(last.inode == 0xa7642a);
  CHECK(last.device == 0xfe00000);
  CHECK(last.mask == (IN_MODIFY | IN_ONESHOT));
  CHECK(last.handle_type == 1);
  CHECK(last.handle == std::vector<std::uint8_t>{0x2a, 0x64, 0xa7, 0x00, 0xac, 0x44, 0x00, 0x29});
  CHECK_FALSE(parse_inotify("inotify wd:x\n"));
}

}  // namespace
}  // namespace rb::capture
