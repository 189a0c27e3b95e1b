// POSIX timers: their processes make them in user mode, on an errand from the barrier. What is
// killed there must not be waited for.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <ctime>

#include "tests/module/slabs.h"
#include "tests/module/timer_image.h"
#include "tests/module/trial.h"

namespace rb::test {
namespace {

constexpr std::int32_t kNear = 3;

std::string text(const Outcome& outcome) {
  return fmt::format("error {}, where {}, index {}, steps {}, live {}", outcome.error,
                     outcome.status.where, outcome.status.index, outcome.status.steps,
                     outcome.status.live);
}

/// In both modes, with an mm of its own and with one that its parent keeps.
template <class Body>
void in_all_ways(std::int32_t id, Body body) {
  for (const unsigned share : {unsigned{kShareNothing}, unsigned{kShareMm}}) {
    const Image image = two_processes(id, share);
    for (const bool optimistic : {false, true}) {
      INFO((optimistic ? "optimistic" : "kernel") << (share == 0 ? "" : ", one mm"));
      Trial trial;
      trial.optimistic = optimistic;
      body(image, trial);
    }
  }
}

/// A process that, a while from now, kills a task.
void kill_later(__u32 pid) {
  if (::fork() != 0) return;
  ::usleep(300'000);
  ::kill(static_cast<pid_t>(pid), SIGKILL);
  ::_exit(0);
}

TEST_CASE("a timer's process comes back from its errand") {
  in_all_ways(kNear, [](const Image& image, const Trial& trial) {
    const Outcome outcome = run(image, trial);
    INFO(text(outcome));
    CHECK(outcome.error == 0);
    CHECK(outcome.release_error == 0);
    CHECK(outcome.finished);
    CHECK(outcome.status.arrived == 2);
  });
}

TEST_CASE("who is killed on an errand ends the restart") {
  const Slabs before = Slabs::now();
  in_all_ways(kFarAway, [](const Image& image, Trial trial) {
    trial.before_run = [&image] { kill_later(image.tasks()[1].pid); };
    const Outcome outcome = run(image, trial);
    INFO(text(outcome));
    CHECK(outcome.finished);
    CHECK((outcome.error == EINTR || outcome.error == ESRCH));
    CHECK(outcome.status.where == RESTART_AT_BARRIER);
    CHECK(outcome.status.state == RESTART_FAILED);
    CHECK(tasks_inside() == 0);
  });
  for (const std::string& leak : before.leaks()) FAIL_CHECK(leak);
}

TEST_CASE("a failure elsewhere calls off who is on an errand") {
  in_all_ways(kFarAway, [](const Image& image, Trial trial) {
    trial.before_run = [&image] { kill_later(image.tasks()[0].pid); };
    const Outcome outcome = run(image, trial);
    INFO(text(outcome));
    CHECK(outcome.finished);
    CHECK(outcome.error != 0);
    CHECK(tasks_inside() == 0);
  });
}

TEST_CASE("the coordinator's death calls off who is on an errand") {
  in_all_ways(kFarAway, [](const Image& image, Trial trial) {
    const auto began = std::chrono::steady_clock::now();
    run_and_kill_coordinator(image, trial, 300'000);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(10));
    CHECK(tasks_inside() == 0);
  });
}

TEST_CASE("a timer that the kernel refuses is an error that names the task") {
  // CPU time of other processes is what a clock of a higher number would be: not in an image.
  // Without a battery-backed clock there are no alarms.
  const Image image = two_processes(0, kShareNothing, CLOCK_REALTIME_ALARM);
  timer_t probe{};
  sigevent nothing{};
  nothing.sigev_notify = SIGEV_NONE;
  if (::timer_create(CLOCK_REALTIME_ALARM, &nothing, &probe) == 0) return;
  const int refusal = errno;
  for (const bool optimistic : {false, true}) {
    Trial trial;
    trial.optimistic = optimistic;
    const Outcome outcome = run(image, trial);
    INFO(text(outcome));
    CHECK(outcome.finished);
    CHECK(outcome.error == refusal);
    CHECK(outcome.status.where == RESTART_AT_SIGNALS);
    CHECK(outcome.status.index == 1);
  }
}

}  // namespace
}  // namespace rb::test
