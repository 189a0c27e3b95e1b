// What the workloads of bench do not have: a vDSO, an executable, an auxiliary
// vector, sessions and groups whose founder is gone.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "tests/module/handover.h"
#include "tests/module/slabs.h"
#include "tests/module/trial.h"
#include "tests/support/sample_image.h"

namespace rb::test {
namespace {

constexpr __u32 kGoneSession = 3000;
constexpr __u32 kGoneGroup = 3001;

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// Notes on stderr what is wrong: the coordinator is another process.
bool expect(bool right, const std::string& what) {
  if (!right) std::cerr << "at the barrier: " << what << "\n";
  return right;
}

bool check_group(const Image& image, const rbi_group& group) {
  const auto pid = static_cast<pid_t>(image.tasks()[group.leader].pid);
  const auto wanted_sid = group.sid == 0 ? ::getsid(0) : static_cast<pid_t>(group.sid);
  const auto wanted_pgid = group.pgid == 0 ? ::getpgid(0) : static_cast<pid_t>(group.pgid);
  const std::string stat = contents(fmt::format("/proc/{}/stat", pid));
  int terminal = -1;
  int foreground = -1;
  std::sscanf(stat.c_str() + stat.rfind(')'), ") %*c %*d %*d %*d %d %d", &terminal, &foreground);
  const bool controlled = (group.flags & RBI_GROUP_TERMINAL) != 0;
  return expect((terminal != 0) == controlled, fmt::format("terminal of {}: {}", pid, terminal)) &&
         expect(!controlled || foreground == static_cast<int>(image.ptys()[0].foreground),
                fmt::format("foreground of {}: {}", pid, foreground)) &&
         expect(::getsid(pid) == wanted_sid, fmt::format("sid of {}: {}", pid, ::getsid(pid))) &&
         expect(::getpgid(pid) == wanted_pgid, fmt::format("pgid of {}: {}", pid, ::getpgid(pid)));
}

bool check_mm(const Image& image, const rbi_task& task) {
  const rbi_mm& mm = image.mms()[task.mm];
  const std::string proc = fmt::format("/proc/{}/", task.pid);
  const std::string maps = contents(proc + "maps");
  bool right = true;
  for (const rbi_vma& vma : image.vmas_of(mm)) {
    const std::string start = fmt::format("{:08x}-", vma.start);
    right &= expect(maps.find(start) != std::string::npos, "no " + start + " in\n" + maps);
    right &= vma.kind != RBI_VMA_VDSO ||
             expect(maps.find("[vdso]") != std::string::npos, "no vDSO in\n" + maps);
  }
  right &= expect(mm.auxv_count == 0 || contents(proc + "auxv").size() >= mm.auxv_count * 16u,
                  "auxiliary vector");
  char path[256];
  const ssize_t length = ::readlink((proc + "exe").c_str(), path, sizeof path);
  return right & expect(length > 0, "executable");
}

bool check_sample(const Image& image) {
  ::unshare(CLONE_NEWNS);
  ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  ::mount("proc", "/proc", "proc", 0, nullptr);
  bool right = true;
  for (const rbi_group& group : image.groups()) right &= check_group(image, group);
  for (const rbi_task& task : image.tasks()) right &= check_mm(image, task);
  return right;
}

void restart_to_barrier(const ImageWriter& writer) {
  auto image = writer.to_image();
  REQUIRE(image);
  for (const bool optimistic : {false, true}) {
    Trial trial;
    trial.optimistic = optimistic;
    trial.release = false;  // they have no code
    trial.at_barrier = [&] { return check_sample(*image); };
    const Outcome outcome = run(*image, trial);
    INFO((optimistic ? "optimistic" : "kernel"));
    INFO("error " << outcome.error << " where " << outcome.status.where << " index "
                  << outcome.status.index);
    CHECK(outcome.error == 0);
    CHECK(outcome.as_it_should);
    CHECK(outcome.finished);
  }
}

TEST_CASE("the sample stands at the barrier as it should") {
  make_sample_files();
  restart_to_barrier(sample_image());
}

ImageWriter with_ghosts() {
  make_sample_files();
  ImageWriter writer = sample_image();
  writer.groups[0].pgid = kGoneGroup;
  writer.groups[2].sid = kGoneSession;
  writer.groups[2].pgid = kGoneSession;
  writer.groups[2].flags = 0;  // without a terminal
  // These name the sessions and groups that were.
  writer.zombies.clear();
  writer.ofds[7].owner = 0;
  return writer;
}

TEST_CASE("sessions and groups of founders who are gone") {
  const ImageWriter writer = with_ghosts();
  restart_to_barrier(writer);
  const Slabs before = Slabs::now();
  for (int i = 0; i < 20; ++i) restart_to_barrier(writer);
  for (const std::string& leak : before.leaks()) FAIL_CHECK(leak);
}

/// What they attach must stay for as long as they do.
TEST_CASE("a founder's number is taken while optimistic tasks attach") {
  auto image = with_ghosts().to_image();
  REQUIRE(image);
  for (unsigned i = 0; i < 40; ++i) {
    const Outcome outcome =
        run(*image, {.optimistic = true, .taken_pid = kGoneSession, .head_start = 1 + i * 200});
    INFO("head start " << i * 200 << " us, error " << outcome.error);
    CHECK(outcome.finished);
    CHECK(outcome.error != 0);
  }
}

}  // namespace
}  // namespace rb::test
