#include "tests/module/arena.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "strategies/kernel/module/restart_uapi.h"
#include "tests/module/handover.h"
#include "tests/native/restart.h"
#include "tests/support/sample_image.h"

namespace rb::test {
namespace {

constexpr useconds_t kLongestRound = 400'000;  // microseconds
constexpr useconds_t kLook = 2'000;

std::vector<Image> some_images() {
  make_sample_files();
  std::vector<Image> images;
  images.push_back(workload_image("threads", {{"n", 3}}));
  images.push_back(workload_image("tree", {{"depth", 1}, {"fanout", 2}}));
  images.push_back(workload_image("sessions", {{"n", 1}}));
  images.push_back(workload_image("signals", {{"n", 2}}));
  images.push_back(workload_image("signals", {{"n", 2}, {"timers", 5}}));
  images.push_back(workload_image("pipes", {}));
  images.push_back(workload_image("middle", {{"n", 1}, {"f", 3}}));
  auto sample = sample_image().to_image();  // with what workloads do not have
  if (!sample) std::abort();
  images.push_back(std::move(*sample));
  return images;
}

pid_t fork_with(std::uint64_t flags) {
  clone_args args{};
  args.flags = flags;
  args.exit_signal = SIGCHLD;
  return static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
}

/// The init of a pid namespace: with it dies whatever the players have made.
[[noreturn]] void host(const std::vector<Image>& images, Tally& tally, const Round& round) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // A group of their own: when a member of an orphaned one ends while another is stopped, all get
  // SIGHUP, which the test would, too (setpgid(2), kill_orphaned_pgrp() in kernel/exit.c).
  ::setsid();
  Game game;
  game.images = &images;
  game.tally = &tally;
  game.release = round.setting % 4 != 0;
  for (auto devices = 1 + round.setting / 4 % 2; devices > 0; --devices)
    game.devices.push_back(::open(RESTART_DEVICE, O_RDWR | O_CLOEXEC));
  // In one namespace they want the same pids for their trees; apart they do not.
  const bool apart = round.setting / 8 % 4 != 0;
  for (const Script& script : round.players) {
    if (fork_with(apart ? CLONE_NEWPID : 0) == 0) {
      play(game, script);
      ::_exit(0);
    }
  }
  while (::waitpid(-1, nullptr, __WALL) >= 0 || errno == EINTR) {
  }
  ::_exit(0);
}

}  // namespace

Arena::Arena() : images_(some_images()), tally_(nullptr) {
  void* shared =
      ::mmap(nullptr, sizeof(Tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) std::abort();
  tally_ = new (shared) Tally{};
}

void Arena::play(const Round& round) {
  const pid_t init = fork_with(CLONE_NEWPID);
  if (init < 0) std::abort();
  if (init == 0) host(images_, *tally_, round);
  for (useconds_t waited = 0; waited < kLongestRound; waited += kLook) {
    if (::waitpid(init, nullptr, WNOHANG) != 0) return;
    ::usleep(kLook);
  }
  ::kill(init, SIGKILL);
  ::waitpid(init, nullptr, 0);  // when its namespace is empty
}

}  // namespace rb::test
