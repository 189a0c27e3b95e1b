// Who may restart: the capability in the user namespace of one's pid namespace, and the
// device open. Who may not gets an error and nothing else; nobody gets more than he had.
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <fstream>
#include <functional>
#include <string>

#include "strategies/kernel/module/restart_uapi.h"
#include "tests/module/timer_image.h"
#include "tests/module/trial.h"
#include "tests/native/restart.h"
#include "tests/support/sample_image.h"

namespace rb::test {
namespace {

constexpr uid_t kNobody = 65534;
constexpr std::uintptr_t kSomeAddress = 1 << 20;
constexpr std::uint64_t kCheckpointRestore = 1ull << CAP_CHECKPOINT_RESTORE;
constexpr std::uint64_t kSysAdmin = 1ull << CAP_SYS_ADMIN;

/// What a function returns in a child of its own: an errno.
int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(body());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

int open_device() {
  const int device = ::open(RESTART_DEVICE, O_RDWR | O_CLOEXEC);
  return device < 0 ? -errno : device;
}

int load(int device, const Image& image) {
  restart_load load{};
  load.size = sizeof load;
  load.version = RESTART_API_VERSION;
  load.image_fd = image.fd();
  return ::ioctl(device, RESTART_LOAD, &load) == 0 ? 0 : errno;
}

bool become_nobody() {
  return ::setresgid(kNobody, kNobody, kNobody) == 0 && ::setresuid(kNobody, kNobody, kNobody) == 0;
}

/// Keeps none but these capabilities, for good.
bool keep_capabilities(std::uint64_t kept) {
  for (int capability = 0; capability <= CAP_LAST_CAP; ++capability)
    if ((kept >> capability & 1) == 0) ::prctl(PR_CAPBSET_DROP, capability);
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  for (unsigned i = 0; i < 2; ++i) {
    data[i].effective = data[i].permitted = static_cast<__u32>(kept >> (32 * i));
  }
  return ::syscall(SYS_capset, &header, data) == 0;
}

Image sample() {
  auto image = sample_image().to_image();
  REQUIRE(image);
  return std::move(*image);
}

TEST_CASE("an unprivileged user cannot open the device") {
  CHECK(in_child([] { return become_nobody() ? -open_device() : 1; }) == EACCES);
}

TEST_CASE("an unprivileged user can do nothing with a device that is given to him") {
  const Image image = sample();
  const int device = open_device();
  REQUIRE(device >= 0);
  CHECK(in_child([&] { return become_nobody() ? load(device, image) : 1; }) == EPERM);
  // Whatever else he tries does not get past that nothing is loaded.
  CHECK(in_child([&] {
          if (!become_nobody()) return 1;
          constexpr std::array<unsigned long, 6> kCommands = {
              RESTART_RUN,    RESTART_GIVE_FILES,     RESTART_RELEASE,
              RESTART_ATTACH, RESTART_ATTACH_SIGHAND, RESTART_ABORT};
          for (const unsigned long command : kCommands) {
            restart_status argument{};
            argument.size = sizeof argument;
            if (::ioctl(device, command, &argument) == 0) return 2;
          }
          return 0;
        }) == 0);
  ::close(device);
}

TEST_CASE("root in a user namespace of an unprivileged user may not load") {
  const Image image = sample();
  const int device = open_device();
  REQUIRE(device >= 0);
  CHECK(in_child([&] {
          if (!become_nobody() || ::unshare(CLONE_NEWUSER) != 0) return 1;
          return load(device, image);  // the pid namespace is not the user namespace's
        }) == EPERM);
  ::close(device);
}

TEST_CASE("root without the capability, as in a container, may not load") {
  const Image image = sample();
  const int device = open_device();
  REQUIRE(device >= 0);
  CHECK(in_child([&] {
          return keep_capabilities(~(kSysAdmin | kCheckpointRestore)) ? load(device, image) : 1;
        }) == EPERM);
  ::close(device);
}

TEST_CASE("either of the two capabilities will do") {
  const Image image = sample();
  for (const std::uint64_t capability : {kSysAdmin, kCheckpointRestore}) {
    const int device = open_device();
    REQUIRE(device >= 0);
    INFO(capability);
    CHECK(in_child([&] { return keep_capabilities(capability) ? load(device, image) : 1; }) == 0);
    ::close(device);
  }
}

/// The lines of /proc/PID/status that say what a task may do.
std::string privileges(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  std::string line;
  std::string found;
  while (std::getline(file, line)) {
    for (const char* name : {"Uid:", "Gid:", "Groups:", "Cap", "NoNewPrivs:", "Seccomp:"})
      if (line.starts_with(name)) found += line + "\n";
  }
  return found;
}

/// /proc of the pid namespace that this process is in.
bool mount_own_proc() {
  return ::unshare(CLONE_NEWNS) == 0 &&
         ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("proc", "/proc", "proc", 0, nullptr) == 0;
}

TEST_CASE("restored tasks have the privileges of who restarts them, and no more") {
  const Image image = workload_image("tree", {{"depth", 1}, {"fanout", 2}});
  for (const bool optimistic : {false, true}) {
    Trial trial;
    trial.optimistic = optimistic;
    trial.before_run = [] {
      if (!keep_capabilities(kSysAdmin | kCheckpointRestore | 1ull << CAP_KILL)) ::_exit(1);
    };
    trial.at_barrier = [&] {
      if (!mount_own_proc()) return false;
      const std::string own = privileges(::getpid());
      if (own.find("CapEff:") == std::string::npos) return false;
      for (const rbi_task& task : image.tasks())
        if (privileges(static_cast<pid_t>(task.pid)) != own) return false;
      return true;
    };
    const Outcome outcome = run(image, trial);
    INFO((optimistic ? "optimistic" : "kernel"));
    CHECK(outcome.error == 0);
    CHECK(outcome.finished);
    CHECK(outcome.as_it_should);
  }
}

/// A task that sleeps at the barrier as nobody, and shares its mm with one that is on an errand,
/// for minutes, with the privileges of who restarts them.
Image nobody_and_an_errand() {
  rbi_credentials nobody{};
  nobody.uid = nobody.euid = nobody.suid = nobody.fsuid = kNobody;
  nobody.gid = nobody.egid = nobody.sgid = nobody.fsgid = kNobody;
  return two_processes(kFarAway, kShareMm, CLOCK_MONOTONIC, [&](ImageWriter& writer) {
    writer.credentials = {nobody};
    writer.tasks[0].credentials = 0;
  });
}

/// A process that, once that task is nobody's, tries to read its memory as nobody, and ends it.
/// @param seen  gets the errno, or -1 if it could
void try_to_read(pid_t task, int* seen) {
  if (::fork() != 0) return;
  if (!become_nobody()) ::_exit(1);
  for (int i = 0; i < 3000 && ::kill(task, 0) != 0; ++i) ::usleep(1000);
  ::usleep(200'000);  // until the other is out
  std::uint64_t word = 0;
  iovec here{&word, sizeof word};
  iovec there{reinterpret_cast<void*>(kSomeAddress), sizeof word};
  const auto got = ::process_vm_readv(task, &here, 1, &there, 1, 0);
  *seen = got < 0 && errno != EFAULT ? errno : -1;
  ::kill(task, SIGKILL);
  ::_exit(0);
}

TEST_CASE("whoever is on an errand with other privileges cannot be looked at") {
  const Image image = nobody_and_an_errand();
  auto* seen = static_cast<int*>(
      ::mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  REQUIRE(seen != MAP_FAILED);
  for (const bool optimistic : {false, true}) {
    *seen = 0;
    Trial trial;
    trial.optimistic = optimistic;
    trial.before_run = [&] { try_to_read(static_cast<pid_t>(image.tasks()[0].pid), seen); };
    const Outcome outcome = run(image, trial);
    INFO((optimistic ? "optimistic" : "kernel"));
    CHECK(outcome.error != 0);
    CHECK(outcome.finished);
    CHECK(*seen == EPERM);
  }
  ::munmap(seen, sizeof(int));
}

TEST_CASE("tasks are not created in another pid namespace than that of LOAD") {
  const Image image = workload_image("tree", {{"depth", 1}, {"fanout", 2}});
  Trial trial;
  trial.before_run = [] {
    if (::unshare(CLONE_NEWPID) != 0) ::_exit(1);
  };
  const Outcome outcome = run(image, trial);
  CHECK(outcome.error == EPERM);
  CHECK(outcome.finished);
}

}  // namespace
}  // namespace rb::test
