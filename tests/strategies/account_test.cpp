// A program on paper: what is made, shared, copied and closed.
#include "strategies/userspace/account.h"

#include <linux/close_range.h>
#include <sched.h>

#include <catch2/catch.hpp>

#include "strategies/userspace/ops.h"
#include "strategies/userspace/scripts.h"

namespace rb::test {
namespace {

constexpr std::uint64_t kAll = CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_SIGHAND;

rst_op create(std::uint64_t flags) {
  rst_op op = ops::make(RST_CREATE, RST_STAGE_CREATE);
  op.a = flags;
  return op;
}
rst_op open_on(std::uint32_t number) {
  rst_op op = ops::make(RST_OPEN, RST_STAGE_OPEN_FILES);
  op.x = number;
  return op;
}
rst_op close_from(std::uint32_t first, std::uint64_t flags = 0) {
  rst_op op = ops::make(RST_CLOSE_RANGE, RST_STAGE_OPEN_FILES);
  op.a = first;
  op.b = ~0u;
  op.c = flags;
  return op;
}

/// A coordinator and `tasks` tasks whose scripts a function fills.
template <class Fill>
RestartAccount account_of(int tasks, Fill fill, const BornWith& born = {}) {
  Scripts scripts(tasks);
  Program program;
  program.slots.resize(static_cast<std::size_t>(tasks) + 1);
  program.tasks.resize(program.slots.size());
  program.event_count = 4;
  fill(scripts, program);
  scripts.finish(RST_PARK, program);
  return account_for(program, born);
}

using Counts = std::array<std::uint64_t, 4>;  // mm, files, fs, sighand

}  // namespace

TEST_CASE("clone makes what it does not share", "[account]") {
  const auto account = account_of(3, [](Scripts& scripts, Program&) {
    scripts.create(kCoordinator, 0, create(0));
    scripts.create(0, 1, create(kAll));
    scripts.create(0, 2, create(kAll & ~std::uint64_t{CLONE_FILES}));
  });
  CHECK(account.objects.made == Counts{1, 2, 1, 1});
  CHECK(account.objects.inherited == Counts{2, 1, 2, 2});
  CHECK(account.objects.attached == Counts{0, 0, 0, 0});
}

TEST_CASE("descriptors are copied with a table and closed again", "[account]") {
  const auto fill = [](bool punch) {
    return [punch](Scripts& scripts, Program&) {
      scripts.create(kCoordinator, 0, create(0));
      for (std::uint32_t i = 0; i < 10; ++i) scripts.add(0, open_on(i));
      scripts.create(0, 1, create(kAll));
      if (punch) {
        scripts.add(1, close_from(0, CLOSE_RANGE_UNSHARE));
      } else {
        scripts.add(1, ops::unshare(CLONE_FILES, RST_STAGE_OPEN_FILES));
        scripts.add(1, close_from(4));
      }
    };
  };
  const auto naive = account_of(2, fill(false));
  CHECK(naive.work.descriptors_copied == 10);
  CHECK(naive.work.descriptors_closed == 6);
  CHECK(naive.work.unshares == 1);
  CHECK(naive.objects.made[1] == 2);
  const auto punched = account_of(2, fill(true));
  CHECK(punched.work.descriptors_copied == 0);
  CHECK(punched.work.descriptors_closed == 0);
  CHECK(punched.objects.made[1] == 2);
}

TEST_CASE("a task that nobody shares with unshares nothing", "[account]") {
  const auto account = account_of(1, [](Scripts& scripts, Program&) {
    scripts.create(kCoordinator, 0, create(0));
    scripts.add(0, ops::unshare(CLONE_FILES | CLONE_FS, RST_STAGE_ATTACH));
  });
  CHECK(account.objects.made == Counts{1, 1, 1, 1});
}

TEST_CASE("exec makes a new mm, and what was shared", "[account]") {
  const auto account = account_of(2, [](Scripts& scripts, Program&) {
    scripts.create(kCoordinator, 0, create(0));
    scripts.create(0, 1, create(kAll));
    scripts.add(1, ops::make(RST_EXEC, RST_STAGE_CREATE));
  });
  CHECK(account.work.execs == 1);
  CHECK(account.objects.made == Counts{2, 2, 1, 2});
}

TEST_CASE("tasks wait for each other, and throw-away tasks go", "[account]") {
  const auto account = account_of(2, [](Scripts& scripts, Program& program) {
    program.slots[1].flags = RST_SLOT_THROWAWAY;
    scripts.create(kCoordinator, 0, create(0));
    scripts.create(0, 1, create(kAll));
    rst_op reap = ops::make(RST_REAP, RST_STAGE_CREATE);
    reap.x = 1;
    scripts.add(0, reap);
    scripts.add(0, ops::post(0, RST_STAGE_CREATE));
    scripts.add(1, ops::make(RST_EXIT, RST_STAGE_CREATE));
    // Runs first on paper, and must not count before the other is done.
    scripts.add(kCoordinator, ops::wait(0, 1, RST_STAGE_CREATE));
    scripts.add(kCoordinator, open_on(0));
    scripts.add(kCoordinator, open_on(0));
  });
  CHECK(account.work.throwaway_tasks == 1);
  CHECK(account.work.descriptors_closed == 1);
}

TEST_CASE("memory and open files of the creator are copied, then shed", "[account]") {
  const BornWith born = {0, 100, 50, 7};
  const auto account = account_of(
      2,
      [](Scripts& scripts, Program&) {
        scripts.create(kCoordinator, 0, create(0));
        scripts.add(0, ops::make(RST_SHED, RST_STAGE_CREATE));
        scripts.create(0, 1, create(0));
      },
      born);
  CHECK(account.work.descriptors_copied == 100);
  CHECK(account.work.descriptors_closed == 100);
  CHECK(account.work.pages_copied == 7);
}

}  // namespace rb::test
