// Restarts that cannot succeed say why, and leave nothing behind.
#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstddef>
#include <cstring>
#include <fstream>

#include "tests/native/leftovers.h"
#include "tests/native/restart.h"
#include "workloads/synthetic/regions.h"
#include "workloads/synthetic/tree.h"

namespace rb::test {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// What a restart says; it must fail at the given point and leave nothing.
std::string failure(const Image& image, const StrategyOptions& options = {}) {
  const auto lines = restart(strategy_named("userspace"), image, {.strategy = options});
  INFO(joined(lines));
  CHECK(lines.size() == 1);
  return lines.empty() ? "" : lines.front();
}

TEST_CASE("a file that does not exist", "[errors]") {
  need_root();
  // A seed of its own: files that no other test has.
  const Image image = workload_image("own-files", {{"n", 3}, {"f", 4}, {"seed", 770077}});
  const std::string path(image.string(image.fixtures()[1].path));
  REQUIRE(::unlink(path.c_str()) == 0);
  const std::string text = failure(image);
  INFO(text);
  CHECK(has(text, "[restart] "));
  CHECK(has(text, " could not open /run/restartbench/file."));
  CHECK(has(text, ": No such file or directory"));
}

TEST_CASE("a listening name that is taken", "[errors]") {
  need_root();
  const Image image = workload_image("prefork", {{"seed", 770078}});
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string name;
  for (const rbi_ofd& ofd : image.ofds()) {
    if (ofd.kind == RBI_OFD_SOCKET) name = image.string(image.socket_of(ofd).path);
  }
  REQUIRE(!name.empty());
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
  REQUIRE(::listen(socket.get(), 1) == 0);
  const std::string text = failure(image);
  INFO(text);
  CHECK(has(text, "could not listen on the abstract unix name " + name));
  CHECK(has(text, ": Address already in use; another tree listens on that name"));
}

/// The workload `processes` with another pid for one task.
Image with_pid(std::uint32_t task, std::uint32_t pid) {
  const Workload& workload = *find_workload("processes");
  const auto values = complete_parameters(workload, {{"n", 50}});
  ImageWriter writer;
  REQUIRE(workload.build(*values, writer));
  writer.tasks[task].pid = pid;
  auto image = writer.to_image();
  if (!image) FAIL(describe(image.error()));
  return std::move(*image);
}

TEST_CASE("a pid beyond kernel.pid_max", "[errors]") {
  need_root();
  std::uint32_t pid_max = 0;
  std::ifstream("/proc/sys/kernel/pid_max") >> pid_max;
  if (pid_max >= (1u << 22)) {
    WARN("pid_max is as high as pids get");
    SUCCEED();
    return;
  }
  const std::string text = failure(with_pid(30, pid_max + 5));
  CHECK(text == fmt::format("[supports] the image has a task with pid {}, kernel.pid_max is {}; "
                            "sysctl kernel.pid_max={}",
                            pid_max + 5, pid_max, pid_max + 6));
}

TEST_CASE("a pid that is in use", "[errors]") {
  need_root();
  const auto mine = static_cast<std::uint32_t>(::getpid());
  const std::string text = failure(with_pid(49, mine), {.pids = PidMode::kHost});
  INFO(text);
  CHECK(has(text, fmt::format("task 49 (pid {}, processes-49) could not be created", mine)));
  CHECK(has(text, "File exists; the number is in use"));
  CHECK(has(text, "--pids own"));
}

TEST_CASE("memory that cannot be had", "[errors]") {
  need_root();
  char overcommit = '?';
  std::ifstream("/proc/sys/vm/overcommit_memory") >> overcommit;
  if (overcommit == '1') {
    WARN("every mapping is allowed here");
    SUCCEED();
    return;
  }
  SyntheticTree tree("huge", 1);
  static_cast<void>(tree.fork(tree.root()));
  add_region(tree.mm_of(TaskId{1}), {.pages = 1ull << 33, .prot = PROT_READ | PROT_WRITE});
  ImageWriter writer;
  tree.write(writer);
  const auto image = writer.to_image();
  if (!image) FAIL(describe(image.error()));
  const std::string text = failure(*image);
  INFO(text);
  CHECK(has(text, "task 1 (pid 101, huge-1) could not map 35184372088832 bytes at 0x20"));
  CHECK(has(text, ": Cannot allocate memory"));
}

/// Runs a function in a child and returns what it says.
std::string in_child(std::string (*run)()) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string text = run();
    ::_exit(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0
                                                                                            : 1);
  }
  ::close(ends[1]);
  std::string text;
  char buffer[512];
  for (ssize_t n; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  return text;
}

/// Without the capability to raise it, a limit of 64 descriptors.
std::string restart_with_few_descriptors() {
  const auto image = workload_image("fds", {{"n", 100}});
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capget, &header, data) != 0) return "capget failed";
  data[CAP_SYS_RESOURCE / 32].effective &= ~(1u << (CAP_SYS_RESOURCE % 32));
  data[CAP_SYS_RESOURCE / 32].permitted &= ~(1u << (CAP_SYS_RESOURCE % 32));
  const rlimit few = {64, 64};
  if (::syscall(SYS_capset, &header, data) != 0) return "capset failed";
  if (::setrlimit(RLIMIT_NOFILE, &few) != 0) return "setrlimit failed";
  const Status status = strategy_named("userspace").supports(image, {});
  return status ? "supported" : describe(status.error());
}

TEST_CASE("too few descriptors", "[errors]") {
  need_root();
  const std::string text = in_child(restart_with_few_descriptors);
  INFO(text);
  CHECK(has(text, "the image has descriptor "));
  CHECK(has(text, ", RLIMIT_NOFILE is 64; run with at least `ulimit -n "));
}

}  // namespace
}  // namespace rb::test
