// Wrong restarts are caught: a changed copy of an image is restarted, and the
// tree compared with the image that it should have been.
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>
#include <functional>

#include "tests/native/restart.h"

namespace rb::test {
namespace {

using Change = std::function<void(ImageWriter&)>;

ImageWriter workload_writer(const char* name, const ParameterValues& values) {
  const Workload& workload = *find_workload(name);
  const auto complete = complete_parameters(workload, values);
  REQUIRE(complete);
  ImageWriter writer;
  REQUIRE(workload.build(*complete, writer));
  return writer;
}

/// What verification says of a tree restarted from the changed copy.
std::vector<std::string> found(const char* workload, const ParameterValues& values,
                               const Change& change, bool run = false) {
  const Image original = workload_image(workload, values);
  ImageWriter writer = workload_writer(workload, values);
  change(writer);
  const auto changed = writer.to_image();
  if (!changed) FAIL(describe(changed.error()));
  return restart_against(strategy_named("userspace"), *changed, original, {.run = run});
}

/// That a line has all the parts: the task and the thing.
void expect(const std::vector<std::string>& lines, std::initializer_list<const char*> parts) {
  INFO(joined(lines));
  CHECK(std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
    return std::all_of(parts.begin(), parts.end(),
                       [&](const char* part) { return line.find(part) != std::string::npos; });
  }));
}

/// Takes one descriptor out of a table.
void drop_fd(ImageWriter& writer, std::uint32_t table, std::uint32_t position) {
  writer.fds.erase(writer.fds.begin() + writer.files[table].fd_first + position);
  --writer.files[table].fd_count;
  for (std::uint32_t i = table + 1; i < writer.files.size(); ++i) --writer.files[i].fd_first;
}

void drop_pending(ImageWriter& writer, std::uint32_t position) {
  writer.pending.erase(writer.pending.begin() + position);
  const auto shrink = [&](auto& queue) {
    if (queue.pending_first > position) {
      --queue.pending_first;
    } else if (position < queue.pending_first + queue.pending_count) {
      --queue.pending_count;
    }
  };
  std::for_each(writer.tasks.begin(), writer.tasks.end(), shrink);
  std::for_each(writer.groups.begin(), writer.groups.end(), shrink);
}

TEST_CASE("no change, no difference", "[mutants]") {
  need_root();
  CHECK(joined(found(
            "prefork", {}, [](ImageWriter&) {}, true)) == "");
}

TEST_CASE("a dropped descriptor is found", "[mutants]") {
  need_root();
  expect(found("own-files", {{"n", 4}, {"f", 5}}, [](auto& w) { drop_fd(w, 2, 6); }),
         {"task 2 (pid 102, own-files-2): fd 6: expected open, found closed"});
}

TEST_CASE("a descriptor without FD_CLOEXEC is found", "[mutants]") {
  need_root();
  expect(found("prefork", {},
               [](auto& w) {
                 for (std::uint32_t i = 0; i < w.files[1].fd_count; ++i) {
                   w.fds[w.files[1].fd_first + i].flags = 0;
                 }
               }),
         {"task 1 (pid 101, prefork-1): fd ", "FD_CLOEXEC: expected set, found clear"});
}

TEST_CASE("a wrong offset is found", "[mutants]") {
  need_root();
  expect(found("own-files", {{"n", 3}, {"f", 5}, {"distinct", 1}},
               [](auto& w) { w.ofds[w.fds[w.files[1].fd_first + 4].ofd].offset += 8; }),
         {"task 1 (pid 101, own-files-1): fd 4: file offset: expected 8, found 16"});
}

TEST_CASE("swapped mms are found", "[mutants]") {
  need_root();
  const auto lines = found("prefork", {{"workers", 2}, {"threads", 1}}, [](auto& w) {
    // And what lies at addresses of theirs, or the tasks would crash at once.
    std::swap(w.tasks[1].mm, w.tasks[2].mm);
    std::swap(w.tasks[1].rseq, w.tasks[2].rseq);
    std::swap(w.tasks[1].robust_list, w.tasks[2].robust_list);
    std::swap(w.tasks[1].clear_child_tid, w.tasks[2].clear_child_tid);
    std::swap(w.tasks[1].registers, w.tasks[2].registers);
  });
  expect(lines, {"task 1 (pid 101, prefork-1): mem"});
  expect(lines, {"task 2 (pid 102, prefork-2): mem"});
}

TEST_CASE("files that should not be shared are found", "[mutants]") {
  need_root();
  expect(found("processes", {{"n", 4}},
               [](auto& w) {
                 w.tasks[3].files = w.tasks[1].files;
                 w.fds.resize(w.files[3].fd_first);
                 w.files.pop_back();
               }),
         {"task 3 (pid 103, processes-3): files table: expected", "not shared with task 1",
          "found one shared"});
}

TEST_CASE("files that should be shared are found", "[mutants]") {
  need_root();
  expect(found("shared-files", {{"n", 3}, {"f", 2}},
               [](auto& w) {
                 w.files.push_back({.fd_first = static_cast<__u32>(w.fds.size()),
                                    .fd_count = w.files[0].fd_count});
                 for (std::uint32_t i = 0; i < w.files[0].fd_count; ++i) {
                   w.fds.push_back(rbi_fd(w.fds[i]));
                 }
                 w.tasks[2].files = 1;
               }),
         {"task 2 (pid 102, shared-fi-2): files table: expected", "shared with task 0",
          "found another"});
}

TEST_CASE("a wrong directory is found", "[mutants]") {
  need_root();
  expect(found("own-fs", {{"n", 3}}, [](auto& w) { w.fs[2].cwd = w.add_string("/tmp"); }),
         {"task 2 (pid 102, own-fs-2): current directory: expected /", "found /tmp"});
}

TEST_CASE("a wrong umask is found", "[mutants]") {
  need_root();
  expect(found("own-fs", {{"n", 3}}, [](auto& w) { w.fs[1].umask ^= 0111; }),
         {"task 1 (pid 101, own-fs-1): umask: expected "});
}

TEST_CASE("a wrong name is found", "[mutants]") {
  need_root();
  expect(found("threads", {{"n", 3}}, [](auto& w) { w.tasks[2].name[0] = 'T'; }),
         {"task 2 (pid 102, threads-2): name: expected \"threads-2\", found \"Threads-2\""});
}

TEST_CASE("a wrong process group is found", "[mutants]") {
  need_root();
  expect(found("sessions", {{"n", 1}}, [](auto& w) { w.groups[4].pgid = w.groups[1].pgid; }),
         {"task 4 (pid 104, sessions-4): process group: expected 103, found 101"});
}

TEST_CASE("lost pending signals are found", "[mutants]") {
  need_root();
  expect(found("signals", {{"n", 2}}, [](auto& w) { drop_pending(w, w.tasks[1].pending_first); }),
         {"task 1 (pid 101, signals-1): pending signals of the thread: expected", "SIGUSR2"});
  expect(found("signals", {{"n", 2}}, [](auto& w) { drop_pending(w, w.groups[1].pending_first); }),
         {"task 2 (pid 102, signals-2): pending signals of the thread group: expected", "SIGTERM"});
}

TEST_CASE("a wrong POSIX timer is found", "[mutants]") {
  need_root();
  const ParameterValues values{{"n", 2}, {"timers", 4}};
  expect(found("signals", values, [](auto& w) { w.timers[0].signal = SIGUSR1; }),
         {"task 0 (pid 100, signals-0): POSIX timers: expected 0 of clock 1 with signal 60",
          "found 0 of clock 1 with signal 10"});
  expect(found("signals", values, [](auto& w) { w.timers[1].task = w.groups[0].leader; }),
         {"POSIX timers: expected", "for thread 101", "for thread 100"});
  expect(found("signals", values, [](auto& w) { w.timers[7].id = 20; }),
         {"task 2 (pid 102, signals-2): POSIX timers: expected", "20 of clock"});
}

/// Where the kernel can't, counting up to it would take minutes.
TEST_CASE("the id of a POSIX timer may be any where the kernel takes it", "[mutants]") {
  need_root();
  constexpr int kRestoreIds = 77;  // PR_TIMER_CREATE_RESTORE_IDS, Linux 6.15
  if (::prctl(kRestoreIds, 2, 0, 0, 0) < 0) return;
  ImageWriter writer = workload_writer("signals", {{"n", 1}, {"timers", 3}});
  writer.timers[1].id = 1 << 29;
  writer.timers[2].id = 0x7fffffff;
  const auto image = writer.to_image();
  REQUIRE(image);
  CHECK(joined(restart_against(strategy_named("userspace"), *image, *image, {})) == "");
}

TEST_CASE("other advice about memory is found", "[mutants]") {
  need_root();
  const ParameterValues values{{"tasks", 2}, {"mib", 1}, {"advice", 1}};
  CHECK(joined(found("memory", values, [](auto&) {})) == "");
  for (const std::uint32_t flag : {RBI_VMA_SEQUENTIAL, RBI_VMA_DONTFORK, RBI_VMA_WIPEONFORK,
                                   RBI_VMA_HUGEPAGE, RBI_VMA_LOCKED, RBI_VMA_LOCKONFAULT}) {
    const auto forget = [flag](ImageWriter& w) {
      for (rbi_vma& vma : w.vmas) vma.flags &= ~flag;
      for (rbi_vma& vma : w.vmas) {
        if ((vma.flags & RBI_VMA_LOCKED) == 0) vma.flags &= ~RBI_VMA_LOCKONFAULT;
      }
    };
    INFO(flag);
    expect(found("memory", values, forget), {"task 0 (pid 100, memory-0): memory map: expected"});
  }
  expect(found("memory", values, [](auto& w) { w.mms[1].flags |= RBI_MM_NO_HUGE_PAGES; }),
         {"task 1 (pid 101, memory-1): huge pages: expected enabled, found disabled"});
}

TEST_CASE("a forgotten action is found", "[mutants]") {
  need_root();
  expect(found("prefork", {},
               [](auto& w) {
                 w.actions.erase(w.actions.begin() + w.sighands[2].action_first);
                 --w.sighands[2].action_count;
                 for (std::size_t i = 3; i < w.sighands.size(); ++i) --w.sighands[i].action_first;
               }),
         {"prefork-", "caught signals: expected", "SIGHUP"});
}

TEST_CASE("a forgotten mask is found once tasks run", "[mutants]") {
  need_root();
  expect(found(
             "prefork", {}, [](auto& w) { w.tasks[1].blocked = 0; }, true),
         {"task 1 (pid 101, prefork-1): blocked signals: expected SIGHUP, found none"});
}

TEST_CASE("a wrong register is found once tasks run", "[mutants]") {
  need_root();
  const auto lines = found(
      "threads", {{"n", 4}}, [](auto& w) { w.registers[w.tasks[3].registers].r12 ^= 1; }, true);
  expect(lines, {"task 3 (pid 103, threads-3): self-check of ", "register"});
}

TEST_CASE("one wrong byte of memory is found", "[mutants]") {
  need_root();
  const Image original = workload_image("prefork");
  const ImageWriter writer = workload_writer("prefork", {});
  Fd file(::memfd_create("changed", MFD_CLOEXEC));
  REQUIRE(writer.write(file.get()));
  const std::uint32_t task = 5;  // leader of the second worker
  const rbi_mm& mm = original.mms()[original.tasks()[task].mm];
  const rbi_run& run = original.runs_of(mm).back();
  const std::uint64_t page = run.pages - 1;
  const auto at = static_cast<off_t>(run.offset + page * RBI_PAGE_SIZE + 77);
  std::byte byte{};
  REQUIRE(::pread(file.get(), &byte, 1, at) == 1);
  byte ^= std::byte{4};
  REQUIRE(::pwrite(file.get(), &byte, 1, at) == 1);
  const auto changed = Image::from_fd(std::move(file), CheckContents::kNo);
  REQUIRE(changed);
  const auto lines =
      restart_against(strategy_named("userspace"), *changed, original, {.run = false});
  expect(lines, {"(pid 10", "prefork-", ": memory at 0x", ": expected byte 0x", ", found 0x"});
  CHECK(lines.size() == 1);
}

/// A change of an image, and parts of the line that tells of it.
struct Mutant {
  const char* name;
  Change change;
  std::initializer_list<const char*> parts;
};

rbi_backing& backing_of(ImageWriter& w, rbi_backing_kind kind) {
  return *std::find_if(w.backings.begin(), w.backings.end(),
                       [&](const rbi_backing& backing) { return backing.kind == kind; });
}

rbi_ofd& locked_file(ImageWriter& w) { return w.ofds[w.locks[0].ofd]; }

TEST_CASE("wrong sockets, events and locks are found", "[mutants]") {
  need_root();
  const Mutant mutants[] = {
      {"port", [](auto& w) { ++w.sockets[0].port; }, {"socket's address: expected 0.0.0.0 port"}},
      {"TCP option",
       [](auto& w) { w.sockets[0].options ^= RBI_SOCKET_NODELAY; },
       {"TCP_NODELAY: expected true, found false"}},
      {"IPv6 option",
       [](auto& w) { w.sockets[1].options ^= RBI_SOCKET_REUSEPORT; },
       {"SO_REUSEPORT: expected true, found false"}},
      {"buffer", [](auto& w) { w.sockets[2].receive_buffer = 0; }, {"SO_RCVBUF: expected 65536"}},
      {"abstract name",
       [](auto& w) { w.sockets[5].path = w.add_string("restartbench-other"); },
       {"socket's address: expected @restartbench-", "found @restartbench-other"}},
      {"unread",
       [](auto& w) { w.messages[0].socket = 7; },
       {"unread bytes: expected 1000, found 0"}},
      {"count", [](auto& w) { w.events[0].value = 9; }, {"eventfd's count: expected 3, found 9"}},
      {"interval", [](auto& w) { ++w.events[1].interval; }, {"timerfd's interval: expected 1000"}},
      {"clock", [](auto& w) { w.events[1].clock = 7; }, {"timerfd's clock: expected 1, found 7"}},
      {"mask", [](auto& w) { w.events[2].value = 2; }, {"signalfd's mask: expected 0"}},
      {"watched by", [](auto& w) { w.epoll_items[1].data ^= 1; }, {"epoll watches"}},
      {"watch", [](auto& w) { ++w.watches[1].wd; }, {"inotify watches"}},
      {"seals",
       [](auto& w) { backing_of(w, RBI_BACKING_MEMFD).seals = 0; },
       {"seals: expected 6, found 0"}},
      {"size",
       [](auto& w) { --backing_of(w, RBI_BACKING_DELETED).size; },
       {"size: expected 10000, found 9999"}},
      {"owner",
       [](auto& w) {
         for (rbi_ofd& ofd : w.ofds) ofd.owner = 0;
       },
       {"owner: expected 100, found 0"}},
      {"flock",
       [](auto& w) { locked_file(w).flock = RBI_FLOCK_NONE; },
       {"fd 3: locks: expected FLOCK WRITE 0 EOF"}},
      {"range", [](auto& w) { ++w.locks[0].start; }, {"locks: expected", "POSIX WRITE 10 29"}},
      {"range of a description",
       [](auto& w) { w.locks.pop_back(); },
       {"locks: expected", "OFDLCK WRITE 1000 EOF"}},
  };
  for (const Mutant& mutant : mutants) {
    INFO(mutant.name);
    expect(found("kinds", {}, mutant.change), mutant.parts);
  }
}

TEST_CASE("wrong credentials, limits and zombies are found", "[mutants]") {
  need_root();
  const Mutant mutants[] = {
      {"user", [](auto& w) { w.credentials[1].euid = 7; }, {"task ", "Uid: expected 1002 1002"}},
      {"group", [](auto& w) { w.credentials[1].gid = 7; }, {"task ", "Gid: expected 1102 1102"}},
      {"groups", [](auto& w) { ++w.gids[0].gid; }, {"Groups: expected 2001, found 2002"}},
      {"effective", [](auto& w) { w.credentials[0].effective = 0; }, {"CapEff: expected"}},
      {"ambient", [](auto& w) { w.credentials[1].ambient = 0; }, {"CapAmb: expected"}},
      {"bounding", [](auto& w) { w.credentials[0].bounding = 1; }, {"CapBnd: expected"}},
      {"privileges",
       [](auto& w) { w.credentials[2].flags = 0; },
       {"NoNewPrivs: expected 1, found 0"}},
      {"personality",
       [](auto& w) { w.credentials[2].personality = 0; },
       {"personality: expected 00040000"}},
      {"limit", [](auto& w) { --w.limits[1].soft; }, {"limit 7: expected 257 513, found 256 513"}},
      {"score", [](auto& w) { ++w.groups[1].oom_score_adj; }, {"oom_score_adj: expected 101"}},
      {"status", [](auto& w) { w.zombies[0].status = 0x200; }, {"zombie ", "status: expected 256"}},
      {"zombie's name",
       [](auto& w) { w.zombies[0].name[0] = 'E'; },
       {"zombie ", "name: expected ended, found Ended"}},
      {"zombie's group",
       [](auto& w) { w.zombies[1].pgid = w.zombies[1].pid; },
       {"zombie ", "process group: expected"}},
      {"no zombie", [](auto& w) { w.zombies.pop_back(); }, {"zombie ", "does not exist"}},
  };
  for (const Mutant& mutant : mutants) {
    INFO(mutant.name);
    expect(found("credentials", {}, mutant.change), mutant.parts);
  }
}

}  // namespace
}  // namespace rb::test
