// Random calls from several processes at once, with images that are damaged or change,
// while tasks are killed and devices closed: afterwards no task and no object is left.
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>

#include "strategies/kernel/module/restart_uapi.h"
#include "tests/module/player.h"
#include "tests/module/slabs.h"
#include "tests/module/trial.h"
#include "tests/native/restart.h"

namespace rb::test {
namespace {

constexpr int kPlayers = 4;
constexpr int kCalls = 40;
constexpr useconds_t kLongestRound = 400'000;  // microseconds

long from_environment(const char* name, long otherwise) {
  const char* text = std::getenv(name);
  const long value = text == nullptr ? 0 : std::atol(text);
  return value > 0 ? value : otherwise;
}

std::vector<Image> images() {
  std::vector<Image> images;
  images.push_back(workload_image("threads", {{"n", 3}}));
  images.push_back(workload_image("tree", {{"depth", 1}, {"fanout", 2}}));
  images.push_back(workload_image("sessions", {{"n", 1}}));
  images.push_back(workload_image("signals", {{"n", 2}}));
  images.push_back(workload_image("signals", {{"n", 2}, {"timers", 5}}));
  images.push_back(workload_image("pipes", {}));
  images.push_back(workload_image("middle", {{"n", 1}, {"f", 3}}));
  return images;
}

pid_t fork_with(std::uint64_t flags) {
  clone_args args{};
  args.flags = flags;
  args.exit_signal = SIGCHLD;
  return static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
}

/// The init of a pid namespace: with it dies whatever the players have made.
[[noreturn]] void host_round(const std::vector<Image>& images, Tally& tally, std::uint64_t seed) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::mt19937_64 random(seed);
  Game game;
  game.images = &images;
  game.tally = &tally;
  game.release = random() % 4 != 0;
  for (auto devices = 1 + random() % 2; devices > 0; --devices)
    game.devices.push_back(::open(RESTART_DEVICE, O_RDWR | O_CLOEXEC));
  // In one namespace they want the same pids for their trees; apart they do not.
  const bool apart = random() % 4 != 0;
  for (int i = 0; i < kPlayers; ++i) {
    const std::uint64_t own_seed = random();
    if (fork_with(apart ? CLONE_NEWPID : 0) == 0) {
      std::mt19937_64 own(own_seed);
      play(game, kCalls, own);
      ::_exit(0);
    }
  }
  for (int left = kPlayers; left > 0;) {
    if (::waitpid(-1, nullptr, __WALL) < 0 && errno == ECHILD) break;
  }
  ::_exit(0);
}

void play_round(const std::vector<Image>& images, Tally& tally, std::uint64_t seed) {
  const pid_t host = fork_with(CLONE_NEWPID);
  REQUIRE(host >= 0);
  if (host == 0) host_round(images, tally, seed);
  for (useconds_t waited = 0; waited < kLongestRound; waited += 5000) {
    if (::waitpid(host, nullptr, WNOHANG) != 0) return;
    ::usleep(5000);
  }
  ::kill(host, SIGKILL);
  ::waitpid(host, nullptr, 0);  // when its namespace is empty
}

/// RB_ROUNDS in the environment asks for more, RB_SEED for others.
TEST_CASE("random calls at the same time leave nothing behind", "[.fuzz]") {
  const std::vector<Image> all = images();
  void* shared =
      ::mmap(nullptr, sizeof(Tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(shared != MAP_FAILED);
  Tally& tally = *new (shared) Tally{};
  const long rounds = from_environment("RB_ROUNDS", 60);
  const auto seed = static_cast<std::uint64_t>(from_environment("RB_SEED", 1));
  for (std::uint64_t i = 0; i < 20; ++i)
    play_round(all, tally, seed + i);  // the kernel's caches fill
  const Slabs before = Slabs::now();
  for (long i = 0; i < rounds; ++i) {
    const std::uint64_t own = seed * 1'000'003 + static_cast<std::uint64_t>(i);
    play_round(all, tally, own);
    INFO("round " << i << ", seed " << own);
    REQUIRE(tasks_inside() == 0);
  }
  for (const std::string& leak : before.leaks()) FAIL_CHECK(leak);
  WARN(rounds << " rounds of " << kPlayers << " processes: " << tally.loaded << " images loaded, "
              << tally.refused << " refused, " << tally.ready << " trees ready, " << tally.released
              << " released");
  CHECK(tally.ready > 0);
  CHECK(tally.released > 0);
}

}  // namespace
}  // namespace rb::test
