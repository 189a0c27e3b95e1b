// What is compared of a tree that must not run: registers and masks, at each task's first own
// instruction. A changed copy of an image is restarted, and compared with the image itself.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <functional>
#include <span>

#include "tests/native/restart.h"

namespace rb::test {
namespace {

/// Changes registers, XSAVE area and record of the second task.
using Change = std::function<void(rbi_task&, rbi_registers&, std::span<std::byte> xstate)>;

constexpr std::uint32_t kTask = 1;

std::vector<std::string> found(const Change& change) {
  const Image original = workload_image("threads", {{"n", 3}});
  const Workload& workload = *find_workload("threads");
  const auto complete = complete_parameters(workload, {{"n", 3}});
  REQUIRE(complete);
  ImageWriter writer;
  REQUIRE(workload.build(*complete, writer));
  rbi_task& task = writer.tasks[kTask];
  rbi_registers& registers = writer.registers[task.registers];
  const auto own = original.xstate(registers);
  std::vector<std::byte> xstate(own.begin(), own.end());
  change(task, registers, xstate);
  registers.xstate = writer.add_xstate(xstate);
  const auto changed = writer.to_image();
  if (!changed) FAIL(describe(changed.error()));
  return restart_against(strategy_named("userspace"), *changed, original,
                         {.run = false, .held = true});
}

void expect(const std::vector<std::string>& lines, const char* difference) {
  INFO(joined(lines));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("[held] task 1 (pid 101, threads-1): ") != std::string::npos);
  CHECK(lines[0].find(difference) != std::string::npos);
}

TEST_CASE("a tree that is right is so at its first instruction", "[held]") {
  need_root();
  for (const char* workload : {"threads", "prefork", "kinds"}) {
    const Image image = workload_image(workload);
    for (const char* strategy : {"userspace", "userspace-naive"}) {
      CHECK(joined(restart(strategy_named(strategy), image,
                           {.times = 2, .run = false, .held = true})) == "");
    }
  }
  CHECK(joined(found([](auto&, auto&, auto) {})) == "");
}

TEST_CASE("wrong registers and masks are found at the first instruction", "[held]") {
  need_root();
  constexpr std::size_t kX87Register = 32 + 3;
  constexpr std::size_t kXmm = 160 + 77;
  constexpr std::size_t kYmm = 576 + 5;
  expect(found([](auto&, auto& registers, auto) { registers.r12 ^= 1; }), "r12: expected 0x");
  expect(found([](auto&, auto& registers, auto) { registers.rflags ^= 0x400; }),
         "rflags: expected 0x");
  expect(found([](auto&, auto& registers, auto) { registers.gs_base += 8; }),
         "gs_base: expected 0x");
  expect(found([](auto&, auto&, auto xstate) { xstate[kX87Register] ^= std::byte{1}; }),
         "x87: the state differs, first in byte 9");
  expect(found([](auto&, auto&, auto xstate) { xstate[kXmm] ^= std::byte{1}; }),
         "SSE (xmm): the state differs, first in byte 77");
  expect(found([](auto&, auto& registers, auto xstate) {
           if ((registers.xfeatures & 4) == 0) return xstate[kXmm] ^= std::byte{1};
           return xstate[kYmm] ^= std::byte{1};
         }),
         "the state differs, first in byte ");
  expect(found([](auto& task, auto&, auto) { task.blocked ^= 1u << 16; }),
         "blocked signals: expected ");
}

}  // namespace
}  // namespace rb::test
