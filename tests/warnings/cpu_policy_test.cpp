#include "harness/cpu_policy.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace {

std::vector<unsigned> allowed() {
  cpu_set_t set;
  REQUIRE(::sched_getaffinity(0, sizeof(set), &set) == 0);
  std::vector<unsigned> cpus;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

}  // namespace

TEST_CASE("lists of CPUs are numbers and ranges") {
  CHECK(*rb::parse_cpus("3") == std::vector<unsigned>{3});
  CHECK(*rb::parse_cpus("0,2-4,7") == std::vector<unsigned>{0, 2, 3, 4, 7});
  for (const char* bad : {"", ",", "1,", "a", "2-1", "1-", "1,1", "3,1", "99999", "-1", "1 2"}) {
    CAPTURE(bad);
    const auto found = rb::parse_cpus(bad);
    REQUIRE_FALSE(found);
    CHECK(found.error().kind == rb::ErrorKind::kUsage);
  }
}

TEST_CASE("what a process makes is pinned as it is, and it is undone") {
  const auto before = allowed();
  {
    const auto policy = rb::CpuPolicy::apply({before.back()}, 0);
    REQUIRE(policy);
    CHECK(allowed() == std::vector<unsigned>{before.back()});
    const pid_t child = ::fork();
    if (child == 0) {
      cpu_set_t set;
      ::sched_getaffinity(0, sizeof(set), &set);
      ::_exit(CPU_COUNT(&set) == 1 && CPU_ISSET(before.back(), &set) ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  CHECK(allowed() == before);
}

TEST_CASE("a CPU that is not there is an error that says which there are") {
  const auto policy = rb::CpuPolicy::apply({CPU_SETSIZE - 1}, 0);
  REQUIRE_FALSE(policy);
  CHECK(policy.error().kind == rb::ErrorKind::kUsage);
  CHECK(policy.error().advice.find("may use 0") != std::string::npos);
}

TEST_CASE("SCHED_FIFO is set or said to be not permitted") {
  {
    const auto policy = rb::CpuPolicy::apply({}, 1);
    if (policy) {
      CHECK(::sched_getscheduler(0) == SCHED_FIFO);
    } else {
      CHECK(policy.error().kind == rb::ErrorKind::kLacking);
      CHECK(policy.error().advice.find("CAP_SYS_NICE") != std::string::npos);
    }
  }
  CHECK(::sched_getscheduler(0) == SCHED_OTHER);
}
