// Ending the program in the middle of its work leaves no task behind.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/fd.h"
#include "tests/native/free_pids.h"
#include "tests/native/leftovers.h"
#include "tests/native/restart.h"

namespace rb::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

/// A running bench, its results in a file without a name.
struct Bench {
  pid_t pid = -1;
  Fd results;
  std::string image;

  Bench() = default;
  Bench(Bench&&) = default;
  ~Bench() {
    if (!image.empty()) ::unlink(image.c_str());
  }
};

/// 500 processes, as a file: their numbers must be free where they are the host's.
std::string image_file(bool host) {
  const Workload& workload = *find_workload("processes");
  ImageWriter writer;
  REQUIRE(workload.build(*complete_parameters(workload, {{"n", 500}}), writer));
  if (host) move_to_free_pids(writer);
  const std::string path = "/tmp/rb-kill-test." + std::to_string(::getpid()) + ".img";
  REQUIRE(writer.write_file(path));
  return path;
}

/// Rounds of a number that is never reached, or that end by precision or time, which
/// are not either.
enum class Rounds { kCounted, kTimed };

Bench start_bench(const char* pids, Rounds rounds = Rounds::kCounted, const char* verify = "none") {
  const std::string image = image_file(pids == std::string_view("host"));
  Bench bench;
  bench.results = Fd(::memfd_create("results", 0));
  bench.image = image;
  bench.pid = ::fork();
  REQUIRE(bench.pid >= 0);
  if (bench.pid == 0) {
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(bench.results.get(), STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    const bool timed = rounds == Rounds::kTimed;
    ::execl(RB_BENCH, RB_BENCH, "--strategy", timed ? "userspace,userspace-naive" : "userspace",
            "--image", image.c_str(), "--pids", pids, timed ? "--max-time" : "--repetitions",
            "1000", "--precision", "0.0001%", "--verify", verify, "--out", "-", nullptr);
    ::_exit(127);
  }
  return bench;
}

/// Waits until a tree is being made or stands.
bool wait_for_tree() {
  const auto end = steady_clock::now() + seconds(20);
  while (steady_clock::now() < end) {
    if (descendants().size() > 100) return true;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return false;
}

void kill_in_the_middle(const char* pids, Rounds rounds = Rounds::kCounted) {
  for (int round = 0; round < 3; ++round) {
    const Bench bench = start_bench(pids, rounds);
    const bool busy = wait_for_tree();
    // At different moments of a restart.
    std::this_thread::sleep_for(milliseconds(7 * round));
    ::kill(bench.pid, SIGKILL);
    CHECK(busy);
    CHECK(descendants_left() == 0);
  }
}

/// It ended by itself, left nothing, and its results say that it was interrupted.
void check_interrupted(const Bench& bench, int status) {
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 130);
  CHECK(descendants_left() == 0);
  std::ifstream file("/proc/self/fd/" + std::to_string(bench.results.get()));
  const auto results = nlohmann::json::parse(file, nullptr, false);
  REQUIRE_FALSE(results.is_discarded());
  CHECK(results.value("interrupted", false));
}

void interrupt_in_the_middle(const char* pids, Rounds rounds = Rounds::kCounted) {
  const Bench bench = start_bench(pids, rounds);
  const bool busy = wait_for_tree();
  // Some rounds later, if they are short; in the first ones, if not.
  if (rounds == Rounds::kTimed) std::this_thread::sleep_for(milliseconds(500));
  ::kill(bench.pid, SIGINT);
  int status = 0;
  REQUIRE(::waitpid(bench.pid, &status, 0) == bench.pid);
  CHECK(busy);
  check_interrupted(bench, status);
}

/// Stops the tasks of a restart, whatever they are at. Those of a tree that stands
/// already are destroyed, others wait for ever: then the restart hangs.
bool make_restart_hang(const Bench& bench) {
  const auto end = steady_clock::now() + seconds(60);
  while (steady_clock::now() < end) {
    bool stopped = false;
    for (const Descendant& one : descendants()) {
      if (one.pid == bench.pid || one.name == "rst-zygote") continue;
      stopped = ::kill(one.pid, SIGSTOP) == 0 || stopped;
    }
    if (!stopped) continue;
    std::this_thread::sleep_for(milliseconds(500));
    const auto now = descendants();
    if (std::any_of(now.begin(), now.end(), [](const auto& one) { return one.state == 'T'; })) {
      return true;
    }
  }
  return false;
}

/// Stops the process that verifies a tree: of bench's forks the one that was made last.
bool make_verifier_hang(const Bench& bench) {
  const auto end = steady_clock::now() + seconds(60);
  while (steady_clock::now() < end) {
    std::vector<pid_t> forks;
    for (const Descendant& one : descendants()) {
      if (one.pid != bench.pid && one.name == "bench") forks.push_back(one.pid);
    }
    if (forks.size() == 2)
      return ::kill(*std::max_element(forks.begin(), forks.end()), SIGSTOP) == 0;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return false;
}

void interrupt_twice(const char* pids, const char* verify = "none",
                     bool (*make_hang)(const Bench&) = make_restart_hang) {
  const Bench bench = start_bench(pids, Rounds::kCounted, verify);
  const bool hangs = wait_for_tree() && make_hang(bench);
  int status = 0;
  ::kill(bench.pid, SIGINT);
  std::this_thread::sleep_for(milliseconds(300));
  const bool waits = ::waitpid(bench.pid, &status, WNOHANG) == 0;
  ::kill(bench.pid, SIGINT);
  const auto end = steady_clock::now() + seconds(10);  // a hanging restart is given 30
  pid_t ended = 0;
  while ((ended = ::waitpid(bench.pid, &status, WNOHANG)) == 0 && steady_clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  if (ended == 0) ::kill(bench.pid, SIGKILL);
  CHECK(hangs);
  CHECK(waits);
  REQUIRE(ended == bench.pid);
  check_interrupted(bench, status);
}

TEST_CASE("bench is killed in the middle", "[kill]") {
  need_root();
  SECTION("own pid namespace") { kill_in_the_middle("own"); }
  SECTION("rounds of two strategies") { kill_in_the_middle("own", Rounds::kTimed); }
  SECTION("the host's pids") { kill_in_the_middle("host"); }
}

TEST_CASE("bench is interrupted in the middle", "[kill]") {
  need_root();
  SECTION("own pid namespace") { interrupt_in_the_middle("own"); }
  SECTION("rounds of two strategies") { interrupt_in_the_middle("own", Rounds::kTimed); }
  SECTION("the host's pids") { interrupt_in_the_middle("host"); }
}

TEST_CASE("a restart that hangs is interrupted twice", "[kill]") {
  need_root();
  SECTION("own pid namespace") { interrupt_twice("own"); }
  SECTION("the host's pids") { interrupt_twice("host"); }
}

TEST_CASE("a verifier that hangs is interrupted twice", "[kill]") {
  need_root();
  interrupt_twice("own", "all", make_verifier_hang);
}

}  // namespace
}  // namespace rb::test
