// Restarts that fail, in every way that can be arranged: always an error, every
// task gone, every kernel object given back.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <fstream>

#include "tests/module/slabs.h"
#include "tests/module/trial.h"
#include "workloads/workload.h"

namespace rb::test {
namespace {

struct Tree {
  const char* workload;
  ParameterValues values;
};

/// Small trees that together have everything an image can have.
std::vector<Tree> trees() {
  return {
      {"prefork", {{"workers", 2}, {"threads", 2}, {"mib", 1}}},
      {"sessions", {{"n", 1}}},
      {"signals", {{"n", 2}}},
      {"signals", {{"n", 2}, {"timers", 4}}},
      {"memory", {{"mib", 1}, {"file", 1}, {"shmem", 1}}},
      {"memory", {{"tasks", 2}, {"mib", 1}, {"advice", 1}}},
      {"middle", {{"n", 1}, {"f", 3}}},
      {"middle", {{"n", 1}, {"f", 3}, {"share", 1}}},
      {"shared-sighand", {{"n", 3}}},
      {"fds", {{"n", 20}}},
  };
}

Image image_of(const Tree& tree) {
  const Workload* workload = find_workload(tree.workload);
  REQUIRE(workload != nullptr);
  auto values = complete_parameters(*workload, tree.values);
  REQUIRE(values);
  auto image = build_image(*workload, *values);
  REQUIRE(image);
  REQUIRE(make_fixtures(*image));
  return std::move(*image);
}

std::string text(const Outcome& outcome) {
  const restart_status& status = outcome.status;
  return fmt::format(
      "error {}, release {}, finished {}, state {}, status error {}, where {}, "
      "section {}, index {}, arrived {} of {}, steps {}, live {}",
      outcome.error, outcome.release_error, outcome.finished, status.state, status.error,
      status.where, status.section, status.index, status.arrived, status.tasks, status.steps,
      status.live);
}

void check_failed(const Outcome& outcome, int error) {
  INFO(text(outcome));
  CHECK(outcome.finished);
  CHECK(outcome.error == error);
  CHECK(outcome.status.error == error);
  CHECK(outcome.status.state == RESTART_FAILED);
}

/// All trees, in both modes; then nothing may be left.
template <class Body>
void with_all_trees(Body body) {
  for (const Tree& tree : trees()) {  // warm: caches of the kernel's own
    const Image image = image_of(tree);
    Trial trial;
    (void)run(image, trial);
    trial.optimistic = true;
    (void)run(image, trial);
  }
  const Slabs before = Slabs::now();
  for (const Tree& tree : trees()) {
    const Image image = image_of(tree);
    for (const bool optimistic : {false, true}) {
      INFO(tree.workload << (optimistic ? " optimistic" : " kernel"));
      Trial trial;
      trial.optimistic = optimistic;
      body(image, trial);
    }
  }
  for (const std::string& leak : before.leaks()) FAIL_CHECK(leak);
}

TEST_CASE("restarts succeed") {
  with_all_trees([](const Image& image, const Trial& trial) {
    for (int i = 0; i < 10; ++i) (void)run(image, trial);
    const Outcome outcome = run(image, trial);
    INFO(text(outcome));
    CHECK(outcome.finished);
    CHECK(outcome.error == 0);
    CHECK(outcome.release_error == 0);
    CHECK(outcome.status.state == RESTART_RELEASED);
    CHECK(outcome.status.arrived == image.tasks().size());
    CHECK(outcome.status.made[RESTART_CLASS_MM] == image.mms().size());
    CHECK(outcome.status.made[RESTART_CLASS_FILES] == image.files().size());
    CHECK(outcome.status.made[RESTART_CLASS_FS] == image.fs().size());
    CHECK(outcome.status.made[RESTART_CLASS_SIGHAND] == image.sighands().size());
  });
}

TEST_CASE("every step can fail") {
  with_all_trees([](const Image& image, Trial trial) {
    const std::uint32_t steps = run(image, trial).status.steps;
    REQUIRE(steps > image.tasks().size());
    for (trial.inject = 1; trial.inject <= steps; ++trial.inject) {
      INFO("step " << trial.inject << " of " << steps);
      const Outcome outcome = run(image, trial);
      check_failed(outcome, ENOMEM);
    }
  });
}

TEST_CASE("tasks that attach before all files are given are refused") {
  for (const Tree& tree : trees()) {
    const Outcome outcome = run(image_of(tree), {.optimistic = true, .give = false});
    INFO(tree.workload << ": " << text(outcome));
    CHECK(outcome.error == ENOENT);
    CHECK(outcome.finished);
    CHECK(tasks_inside() == 0);
  }
}

TEST_CASE("a pid that is taken is an error that names the task") {
  with_all_trees([](const Image& image, Trial trial) {
    for (std::size_t i = 0; i < image.tasks().size(); ++i) {
      trial.taken_pid = image.tasks()[i].pid;
      const Outcome outcome = run(image, trial);
      INFO(text(outcome));
      CHECK(outcome.finished);
      CHECK(outcome.error != 0);
      if (trial.optimistic) continue;  // user space created it
      check_failed(outcome, EEXIST);
      CHECK(outcome.status.where == RESTART_AT_CREATE);
      CHECK(outcome.status.index == i);
    }
  });
}

TEST_CASE("a task that is killed at the barrier ends the restart") {
  with_all_trees([](const Image& image, Trial trial) {
    for (const rbi_task& task : image.tasks()) {
      trial.kill_task = static_cast<int>(task.pid);
      const Outcome outcome = run(image, trial);
      INFO(text(outcome));
      CHECK(outcome.finished);
      CHECK(outcome.error == 0);
      CHECK(outcome.release_error == EINTR);
      CHECK(outcome.status.state == RESTART_FAILED);
      CHECK(outcome.status.where == RESTART_AT_BARRIER);
    }
  });
}

TEST_CASE("closing the device before the release ends the restart") {
  with_all_trees([](const Image& image, Trial trial) {
    trial.close_device = true;
    for (int i = 0; i < 10; ++i) {
      const Outcome outcome = run(image, trial);
      INFO(text(outcome));
      CHECK(outcome.finished);
      CHECK(outcome.error == 0);
    }
  });
}

TEST_CASE("the coordinator's death ends the restart") {
  with_all_trees([](const Image& image, Trial trial) {
    trial.release = false;
    for (unsigned i = 0; i < 40; ++i) run_and_kill_coordinator(image, trial, i * 500);
  });
}

TEST_CASE("too few processes allowed is an error") {
  ::mkdir("/run/cgroup", 0755);
  if (::mount("cgroup2", "/run/cgroup", "cgroup2", 0, nullptr) != 0 && errno != EBUSY) {
    FAIL("no cgroup2");
  }
  std::ofstream("/run/cgroup/cgroup.subtree_control") << "+pids";
  ::mkdir("/run/cgroup/few", 0755);
  with_all_trees([](const Image& image, Trial trial) {
    for (std::size_t i = 1; i <= image.tasks().size(); ++i) {
      trial.before_run = [i] {
        std::ofstream("/run/cgroup/few/pids.max") << i;
        std::ofstream("/run/cgroup/few/cgroup.procs") << 0;
      };
      const Outcome outcome = run(image, trial);
      INFO(text(outcome));
      CHECK(outcome.finished);
      CHECK(outcome.error != 0);
      if (!trial.optimistic) check_failed(outcome, EAGAIN);
    }
  });
}

}  // namespace
}  // namespace rb::test
