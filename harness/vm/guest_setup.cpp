#include "harness/vm/guest_setup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include <x86intrin.h>

#include <algorithm>
#include <fstream>
#include <limits>

#include "base/fd.h"

namespace rb::vm {
namespace {

/// More than a run asks for: 100,000 descriptors, 30,000 tasks with their VMAs.
constexpr unsigned kOpenFiles = 1 << 20;

struct MountPoint {
  const char* type;
  const char* target;
};
/// The root is a tmpfs itself, so /tmp and /run are directories in it, and files
/// that the host put there are seen.
constexpr MountPoint kMounts[] = {
    {"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"devpts", "/dev/pts"}};

struct Limit {
  const char* path;
  unsigned value;
};
constexpr Limit kLimits[] = {
    {"/proc/sys/fs/nr_open", kOpenFiles},
    {"/proc/sys/fs/file-max", 1 << 24},
    {"/proc/sys/kernel/pid_max", 1 << 22},
    {"/proc/sys/kernel/threads-max", 200'000},
    {"/proc/sys/vm/max_map_count", 16'000'000},
    // The guest's own tasks from here on: an image's numbers stay free (--pids host).
    {"/proc/sys/kernel/ns_last_pid", 100'000},
};

Status mount_all() {
  for (const MountPoint& mount : kMounts) {
    ::mkdir(mount.target, 0755);
    if (::mount(mount.type, mount.target, mount.type, MS_NOSUID, nullptr) != 0) {
      return fail_errno(std::string("cannot mount ") + mount.target);
    }
  }
  for (const char* open_to_all : {"/tmp", "/dev/shm"}) {
    ::mkdir(open_to_all, 0);
    ::chmod(open_to_all, 01777);
  }
  return {};
}

Status raise_limits() {
  for (const Limit& limit : kLimits) {
    std::ofstream file(limit.path);
    if (!(file << limit.value << std::flush)) {
      return fail(ErrorKind::kSystem, fmt::format("cannot set {} to {}", limit.path, limit.value));
    }
  }
  const rlimit files{kOpenFiles, kOpenFiles};
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0) return fail_errno("setrlimit(RLIMIT_NOFILE)");
  const rlimit any{RLIM_INFINITY, RLIM_INFINITY};
  for (const auto resource : {RLIMIT_NPROC, RLIMIT_SIGPENDING, RLIMIT_MEMLOCK}) {
    if (::setrlimit(resource, &any) != 0) return fail_errno("setrlimit");
  }
  return {};
}

/// How far the counter goes in a loop of 2,000,000 instructions.
std::uint64_t counted_loop() {
  std::uint64_t rounds = 1'000'000;
  const std::uint64_t begin = __rdtsc();
  asm volatile("1: dec %0\n\tjnz 1b" : "+r"(rounds) : : "cc");
  return __rdtsc() - begin;
}

}  // namespace

Status set_up_guest(const GuestConfig& config) {
  RB_TRY(mount_all());
  RB_TRY(raise_limits());
  const timeval now{config.host_time_s, 0};
  if (::settimeofday(&now, nullptr) != 0) return fail_errno("settimeofday");
  constexpr std::string_view kName = "restartbench";
  if (::sethostname(kName.data(), kName.size()) != 0) return fail_errno("sethostname");
  if (::chdir(config.directory.c_str()) != 0) return fail_errno("chdir " + config.directory);
  return {};
}

Status enter_directory(const std::string& directory) {
  if (::chdir(directory.c_str()) == 0) return {};
  return fail_errno(fmt::format("the virtual machine cannot work in {}", directory), errno,
                    "in /tmp and below /run and /var it has directories of its own");
}

Status bring_up_loopback() {
  const Fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  request.ifr_name[0] = 'l';
  request.ifr_name[1] = 'o';
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (any.valid() && ::ioctl(any.get(), SIOCSIFFLAGS, &request) == 0) return {};
  return fail_errno("cannot bring up the loopback interface");
}

Status load_modules(const GuestConfig& config) {
  for (const std::string& name : config.modules) {
    const Fd file(::open(("/" + name).c_str(), O_RDONLY | O_CLOEXEC));
    if (::syscall(SYS_finit_module, file.get(), "", 0) != 0 && errno != EEXIST) {
      return fail_errno("cannot load the module " + name);
    }
  }
  return {};
}

Status load_module() {
  const std::string path = std::string("/") + kGuestModulePath;
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return {};
  if (::syscall(SYS_finit_module, file.get(), "", 0) != 0) {
    return fail_errno("cannot load restart.ko", errno,
                      "build it for this kernel with scripts/build-module");
  }
  return {};
}

Status check_instruction_clock() {
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (int i = 0; i < 5; ++i) least = std::min(least, counted_loop());  // some meet an interrupt
  if (least >= 2'000'000 && least <= 2'000'100) return {};
  return fail(ErrorKind::kNoResult,
              fmt::format("this machine's clock does not count instructions: it went on by {} in "
                          "2,000,000 of them",
                          least),
              "use Debian 12's QEMU");
}

}  // namespace rb::vm
