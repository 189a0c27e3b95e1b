// The task that an address space is charged to, when it attaches and leaves that for its own.
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <thread>

#include "strategies/kernel/module/restart_uapi.h"
#include "tests/module/handover.h"
#include "tests/module/optimistic.h"
#include "tests/native/restart.h"

namespace rb::test {
namespace {

bool first_thread_has_ended() {
  std::string number, name, state;
  std::ifstream("/proc/self/stat") >> number >> name >> state;
  return state == "Z";
}

/// Pages that are charged to the owner of this address space, if it is there.
void use_memory() {
  constexpr std::size_t kSize = 4u << 20;
  void* memory = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (std::size_t at = 0; memory != MAP_FAILED && at < kSize; at += 4096)
    static_cast<volatile char*>(memory)[at] = 1;
}

/// The coordinator is a thread. When the first one ends, which owns their memory, the kernel
/// makes the root the owner, a child of that thread's, and then the coordinator its parent.
class Heir {
 public:
  explicit Heir(const Image& image) : image_(image) {}

  /// In a process of its own, which exits with 0 or says where it failed.
  [[noreturn]] void run() {
    std::thread coordinator([this] { ::_exit(coordinate()); });
    while (!loaded_) ::usleep(1000);
    if (spawn_sharing_everything(image_, device_, &gate_) != 0) ::_exit(10);
    ::syscall(SYS_exit, 0);  // the thread only
    __builtin_unreachable();
  }

 private:
  int coordinate() {
    device_ = ::open(RESTART_DEVICE, O_RDWR | O_CLOEXEC);
    restart_load load{};
    load.size = sizeof load;
    load.version = RESTART_API_VERSION;
    load.flags = RESTART_OPTIMISTIC;
    load.image_fd = image_.fd();
    if (::ioctl(device_, RESTART_LOAD, &load) != 0) return 11;
    if (give_everything(device_, open_everything(image_)) != 0) return 12;
    loaded_ = true;
    while (!first_thread_has_ended()) ::usleep(1000);
    gate_ = true;
    restart_status status{};
    status.size = sizeof status;
    if (::ioctl(device_, RESTART_RUN, &status) != 0) return 13;
    ::ioctl(device_, RESTART_ABORT, 0);
    if (::waitpid(-1, nullptr, __WALL) < 0) return 14;
    for (int i = 0; i < 5; ++i) {  // until its task_struct is freed
      ::usleep(20'000);
      use_memory();
    }
    return 0;
  }

  const Image& image_;
  int device_ = -1;
  std::atomic<bool> loaded_ = false;
  std::atomic<bool> gate_ = false;
};

/// Only a kernel that checks its use of memory notices what is wrong.
TEST_CASE("memory is not charged to a task that has left it") {
  const Image image = workload_image("threads", {{"n", 1}});
  const pid_t init = static_cast<pid_t>(::syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0));
  REQUIRE(init >= 0);
  if (init == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const pid_t process = ::fork();
    if (process == 0) Heir(image).run();
    int status = -1;
    ::waitpid(process, &status, 0);
    ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
  }
  int status = -1;
  ::waitpid(init, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace rb::test
