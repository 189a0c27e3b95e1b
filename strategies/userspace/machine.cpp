#include "strategies/userspace/machine.h"

#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace rb {
namespace {

constexpr unsigned kSysPtrace = CAP_SYS_PTRACE;
constexpr unsigned kSysAdmin = CAP_SYS_ADMIN;

[[nodiscard]] bool has_capability(unsigned capability) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capget, &header, data) != 0) return false;
  return (data[capability / 32].effective >> (capability % 32) & 1u) != 0;
}

[[nodiscard]] std::uint64_t read_number(const char* path, std::uint64_t otherwise) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  return file >> value ? value : otherwise;
}

[[nodiscard]] Status check_tasks(const Image& image) {
  const auto tasks = image.tasks();
  const std::uint64_t threads_max = read_number("/proc/sys/kernel/threads-max", ~0ull);
  if (tasks.size() + 16 > threads_max) {
    return fail(
        ErrorKind::kLacking,
        fmt::format("the image has {} tasks, the machine allows {}", tasks.size(), threads_max),
        "raise kernel.threads-max");
  }
  __u32 highest = 0;
  for (const rbi_task& task : tasks) highest = std::max(highest, task.pid);
  const std::uint64_t pid_max = read_number("/proc/sys/kernel/pid_max", 1u << 22);
  if (highest >= pid_max) {
    return fail(
        ErrorKind::kLacking,
        fmt::format("the image has a task with pid {}, kernel.pid_max is {}", highest, pid_max),
        fmt::format("sysctl kernel.pid_max={}", highest + 1));
  }
  return {};
}

/// Root may raise the hard limit, too, if it has CAP_SYS_RESOURCE.
[[nodiscard]] std::uint64_t raise_open_files(std::uint64_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) return limit.rlim_cur;
  rlimit higher = limit;
  higher.rlim_cur = wanted;
  higher.rlim_max = std::max<rlim_t>(limit.rlim_max, wanted);
  if (::setrlimit(RLIMIT_NOFILE, &higher) == 0) return wanted;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

[[nodiscard]] Status check_creator(const Image& image, const CreatorSize& creator) {
  if (creator.descriptors == 0) return {};
  const std::uint64_t wanted = std::uint64_t{first_creator_fd(image)} + creator.descriptors;
  const std::uint64_t limit = raise_open_files(wanted);
  if (limit >= wanted) return {};
  return fail(ErrorKind::kLacking,
              fmt::format("{} open files in the creator and those of the image are {} numbers, "
                          "RLIMIT_NOFILE is {}",
                          creator.descriptors, wanted, limit),
              fmt::format("run with at least `ulimit -n {}`, or use fewer", wanted));
}

[[nodiscard]] Status check_descriptors(const Image& image) {
  __u32 highest = 0;
  for (const rbi_fd& fd : image.fds()) highest = std::max(highest, fd.fd);
  for (const rbi_epoll_item& item : image.epoll_items()) highest = std::max(highest, item.fd);
  // The coordinator may have to hold every description at once, and a few more.
  const std::uint64_t wanted =
      std::max<std::uint64_t>(highest + 1, std::min<std::uint64_t>(image.ofds().size(), 1u << 20)) +
      16;
  const std::uint64_t limit = raise_open_files(wanted);
  if (limit > highest) return {};
  return fail(ErrorKind::kLacking,
              fmt::format("the image has descriptor {}, RLIMIT_NOFILE is {}", highest, limit),
              fmt::format("run with at least `ulimit -n {}`, or use fewer descriptors", wanted));
}

/// XCR0: the CPU state components that the kernel lets user space have.
[[nodiscard]] std::uint64_t enabled_xfeatures() {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return std::uint64_t{high} << 32 | low;
}

/// rt_sigreturn(2) would silently leave out what the CPU does not have.
[[nodiscard]] Status check_cpu(const Image& image) {
  const std::uint64_t enabled = enabled_xfeatures();
  for (const rbi_registers& registers : image.registers()) {
    if ((registers.xfeatures & ~enabled) == 0) continue;
    return fail(ErrorKind::kUnsupported,
                fmt::format("the image has CPU state of features {:#x}, this machine has {:#x}",
                            registers.xfeatures, enabled),
                "restart it on a CPU with AVX and whatever else it used");
  }
  return {};
}

}  // namespace

std::uint32_t first_creator_fd(const Image& image) {
  __u32 highest = 0;
  for (const rbi_fd& fd : image.fds()) highest = std::max(highest, fd.fd);
  // The coordinator may hold every description, mapped file, executable and
  // directory at once.
  const std::size_t held = image.ofds().size() + image.backings().size() + image.mms().size() +
                           2 * image.fs().size() + 64;
  return std::max(highest + 1, static_cast<std::uint32_t>(held));
}

Status check_machine(const Image& image, MachineNeeds needs, const CreatorSize& creator) {
  if (!has_capability(kSysAdmin) || !has_capability(kSysPtrace)) {
    return fail(ErrorKind::kLacking,
                "restarting a process tree needs CAP_SYS_ADMIN and CAP_SYS_PTRACE, for pid "
                "namespaces, chosen pids and the removal of the restorer",
                "run as root");
  }
  RB_TRY(check_tasks(image));
  RB_TRY(check_creator(image, creator));
  if (needs == MachineNeeds::kTasks) return {};
  RB_TRY(check_cpu(image));
  return check_descriptors(image);
}

}  // namespace rb
