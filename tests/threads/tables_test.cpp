// bare-files: a thread with a table of descriptors of its own, beside the process's.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <thread>

#include "base/fd.h"
#include "strategies/bare/in_process.h"
#include "workloads/workload.h"

namespace rb::test {
namespace {

/// An image that needs no file: pipes and what processes always have.
Image pipes() {
  auto image = build_image(*find_workload("pipes"), {{"n", 4}});
  if (!image) FAIL(describe(image.error()));
  return std::move(*image);
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// Lets unshare(2) fail in this thread and those that it makes.
bool refuse_unshare(int error) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter = {std::size(program), program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST_CASE("descriptors are opened beside those of the process") {
  const Image image = pipes();
  const std::size_t before = open_descriptors();
  auto restarter = kBareFiles.prepare(image, {});
  REQUIRE(restarter);
  for (int round = 0; round < 20; ++round) {
    StageClock clock(monotonic_time());
    clock.begin();
    auto tree = (*restarter)->restart(clock);
    clock.end();
    REQUIRE(tree);
    CHECK(open_descriptors() == before);
    CHECK((*tree)->destroy());
  }
}

TEST_CASE("without a table of its own the thread leaves the process's alone") {
  const Image image = pipes();
  const Fd witness(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  REQUIRE(witness.valid());
  bool refused = false;
  std::string error;
  std::thread([&] {
    refused = refuse_unshare(ENOMEM);
    if (!refused) return;
    const auto restarter = kBareFiles.prepare(image, {});
    error = restarter ? "none" : describe(restarter.error());
  }).join();
  REQUIRE(::fcntl(witness.get(), F_GETFD) == FD_CLOEXEC);
  if (!refused) {
    WARN("skipped: no seccomp filters here");
    return;
  }
  CHECK(error == "cannot make a table of descriptors: Cannot allocate memory");
}

}  // namespace
}  // namespace rb::test
