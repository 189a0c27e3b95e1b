// A tree whose coordinator, zygote or tasks are stopped, killed or signalled.
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

#include "harness/coverage/graph_image.h"
#include "strategies/userspace/planner/plan.h"
#include "tests/native/free_pids.h"
#include "tests/native/leftovers.h"
#include "tests/native/restart.h"
#include "tests/support/graphs.h"

namespace rb::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kAtOnce{10};  // on a busy machine; what is noticed late takes 60 or more

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A workload of processes with address spaces of their own.
Image image_for(PidMode pids) {
  const Workload& workload = *find_workload("tree");
  ImageWriter writer;
  REQUIRE(workload.build(*complete_parameters(workload, {}), writer));
  if (pids == PidMode::kHost) move_to_free_pids(writer);
  auto image = writer.to_image();
  if (!image) FAIL(describe(image.error()));
  if (const Status made = make_fixtures(*image); !made) FAIL(describe(made.error()));
  return std::move(*image);
}

/// A restarter and a tree at the barrier.
struct Standing {
  Image image;
  std::unique_ptr<Restarter> restarter;
  std::unique_ptr<Tree> tree;

  explicit Standing(PidMode pids) : image(image_for(pids)) {
    auto prepared = strategy_named("userspace").prepare(image, {.pids = pids});
    if (!prepared) FAIL(describe(prepared.error()));
    restarter = std::move(*prepared);
    restart();
  }
  void restart() {
    tree.reset();
    StageClock clock(monotonic_time());
    clock.begin();
    auto restarted = restarter->restart(clock);
    clock.end();
    if (!restarted) FAIL(describe(restarted.error()));
    tree = std::move(*restarted);
  }
  [[nodiscard]] pid_t coordinator() const { return tree->access().coordinator_pid; }
};

/// Does something after a moment, while the caller waits for what depends on it.
template <class Action>
std::thread soon(Action action) {
  return std::thread([action] {
    std::this_thread::sleep_for(milliseconds(350));
    action();
  });
}

void kill_coordinator_in_release(PidMode pids) {
  {
    Standing standing(pids);
    const pid_t coordinator = standing.coordinator();
    ::kill(coordinator, SIGSTOP);
    std::thread killer = soon([coordinator] { ::kill(coordinator, SIGKILL); });
    const auto begin = steady_clock::now();
    const Status released = standing.tree->release();
    const auto taken = steady_clock::now() - begin;
    killer.join();
    REQUIRE_FALSE(released);
    CHECK(has(describe(released.error()), "the coordinator died"));
    CHECK(taken < kAtOnce);
    const Status destroyed = standing.tree->destroy();
    CHECK((destroyed ? "" : describe(destroyed.error())) == "");
  }
  CHECK(descendants_left() == 0);
}

TEST_CASE("the coordinator dies while it releases a tree", "[session]") {
  need_root();
  SECTION("own pid namespace") { kill_coordinator_in_release(PidMode::kOwn); }
  SECTION("the host's pids") { kill_coordinator_in_release(PidMode::kHost); }
}

void kill_coordinator_of_standing_tree(PidMode pids, bool run) {
  {
    Standing standing(pids);
    if (run) REQUIRE(standing.tree->release());
    ::kill(standing.coordinator(), SIGKILL);
    const auto begin = steady_clock::now();
    const Status destroyed = standing.tree->destroy();
    CHECK((destroyed ? "" : describe(destroyed.error())) == "");
    CHECK(steady_clock::now() - begin < kAtOnce);
    // The zygote is left, and makes another tree.
    CHECK(descendants().size() == 1);
    standing.restart();
    CHECK(standing.tree->destroy());
  }
  CHECK(descendants_left() == 0);
}

TEST_CASE("the coordinator dies and its tree is destroyed", "[session]") {
  need_root();
  SECTION("own pid namespace") { kill_coordinator_of_standing_tree(PidMode::kOwn, false); }
  SECTION("the host's pids") { kill_coordinator_of_standing_tree(PidMode::kHost, false); }
  SECTION("the host's pids, running") { kill_coordinator_of_standing_tree(PidMode::kHost, true); }
}

void kill_zygote(PidMode pids) {
  {
    Standing standing(pids);
    for (const Descendant& one : descendants()) {
      if (one.name == "rst-zygote") ::kill(one.pid, SIGKILL);
    }
    const Status destroyed = standing.tree->destroy();
    REQUIRE_FALSE(destroyed);
    CHECK(has(describe(destroyed.error()), "the restorer's zygote died"));
    CHECK_FALSE(has(describe(destroyed.error()), "tasks may be left"));
  }
  CHECK(descendants_left() == 0);
}

TEST_CASE("the zygote dies", "[session]") {
  need_root();
  SECTION("own pid namespace") { kill_zygote(PidMode::kOwn); }
  SECTION("the host's pids") { kill_zygote(PidMode::kHost); }
}

TEST_CASE("a restorer that cannot be looked at is not taken for dead", "[session]") {
  need_root();
  Standing standing(PidMode::kOwn);
  const pid_t coordinator = standing.coordinator();
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  ::kill(coordinator, SIGSTOP);
  // It begins and ends with descriptors to be had, as the sanitizers look at objects
  // through a pipe.
  std::atomic<bool> begun = false;
  std::atomic<bool> over = false;
  std::thread goes_on([&] {
    begun = true;
    std::this_thread::sleep_for(milliseconds(350));
    ::kill(coordinator, SIGCONT);
    while (!over) std::this_thread::sleep_for(milliseconds(1));
  });
  while (!begun) std::this_thread::yield();
  const rlimit none = {0, before.rlim_max};
  const bool limited = ::setrlimit(RLIMIT_NOFILE, &none) == 0;
  const Status released = standing.tree->release();
  const bool restored = ::setrlimit(RLIMIT_NOFILE, &before) == 0;
  over = true;
  goes_on.join();
  REQUIRE((limited && restored));
  CHECK((released ? "" : describe(released.error())) == "");
}

TEST_CASE("tasks are stopped and continued while they are released", "[session]") {
  need_root();
  Standing standing(PidMode::kHost);
  for (int round = 0; round < 6; ++round) {
    if (round > 0) standing.restart();
    std::atomic<bool> begun = false;
    std::atomic<bool> enough = false;
    std::thread storm([&] {
      while (!enough) {
        for (const rbi_task& task : standing.image.tasks()) {
          ::kill(static_cast<pid_t>(task.pid), SIGSTOP);
          ::kill(static_cast<pid_t>(task.pid), SIGCONT);
        }
        begun = true;
        std::this_thread::sleep_for(milliseconds(1));  // they have to get somewhere
      }
    });
    while (!begun) std::this_thread::yield();
    const Status released = standing.tree->release();
    enough = true;
    storm.join();
    REQUIRE((released ? "" : describe(released.error())) == "");
    for (const rbi_task& task : standing.image.tasks()) {
      std::ifstream maps("/proc/" + std::to_string(task.pid) + "/maps");
      const std::string text{std::istreambuf_iterator<char>(maps), {}};
      CHECK_FALSE(text.empty());
      CHECK_FALSE(has(text, "restartbench-scaffold"));
    }
    REQUIRE(standing.tree->destroy());
  }
}

TEST_CASE("a throw-away task fails among the host's pids", "[session]") {
  need_root();
  const SharingGraph graph = processes(
      {{-1, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, {1, 2, 2, 5, 2}, {2, 3, 3, 0, 3}, {0, 4, 4, 5, 4}});
  const auto plan = make_plan(graph);
  REQUIRE(plan);
  const int tasks = static_cast<int>(graph.tasks.size());
  int child = -1;
  for (const Step& step : plan->steps) {
    if (step.kind == StepKind::kCreate && step.actor >= tasks) child = step.target;
  }
  REQUIRE((child >= 0 && child < tasks));
  ImageWriter writer = graph_writer(graph, 1);
  move_to_free_pids(writer);
  writer.tasks[static_cast<std::size_t>(child)].pid = static_cast<std::uint32_t>(::getpid());
  const auto image = writer.to_image();
  if (!image) FAIL(describe(image.error()));
  if (const Status made = make_fixtures(*image); !made) FAIL(describe(made.error()));

  const auto begin = steady_clock::now();
  const std::string text =
      joined(restart(strategy_named("userspace"), *image, {.strategy = {.pids = PidMode::kHost}}));
  INFO(text);
  CHECK(has(text, "could not be created"));
  CHECK(has(text, "File exists; the number is in use"));
  CHECK_FALSE(has(text, "leftovers"));
  CHECK(steady_clock::now() - begin < kAtOnce);
}

void write_file(const char* path, const char* text) {
  const Fd file(::open(path, O_WRONLY | O_CLOEXEC));
  REQUIRE(file.valid());
  REQUIRE(::write(file.get(), text, std::strlen(text)) == static_cast<ssize_t>(std::strlen(text)));
}

TEST_CASE("the limit on pid namespaces", "[session]") {
  need_root();
  Image image = image_for(PidMode::kOwn);
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    // The limit of a user namespace of its own is nobody else's.
    if (::unshare(CLONE_NEWUSER) != 0) ::_exit(77);
    write_file("/proc/self/uid_map", "0 0 1");
    write_file("/proc/sys/user/max_pid_namespaces", "0");
    const std::string text = joined(restart(strategy_named("userspace"), image, {}));
    ::_exit(::write(ends[1], text.data(), text.size()) < 0 ? 1 : 0);
  }
  ::close(ends[1]);
  char buffer[1024] = {};
  const ssize_t size = ::read(ends[0], buffer, sizeof buffer - 1);
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
    WARN("no user namespaces here");
    return;
  }
  REQUIRE(size > 0);
  const std::string text = buffer;
  INFO(text);
  CHECK(has(text, "cannot clone the coordinator: No space left on device"));
  CHECK(has(text, "user.max_pid_namespaces"));
  CHECK_FALSE(has(text, "run as root"));
}

}  // namespace
}  // namespace rb::test
