// Rules that take more than one changed field to break, or to keep.
#include <catch2/catch.hpp>
#include <cstring>
#include <functional>

#include "image/validate.h"
#include "tests/image/image_bytes.h"
#include "tests/support/sample_image.h"

namespace rb::test {
namespace {

/// The verdict on the sample after a change of what is written.
std::string verdict_of(const std::function<void(ImageWriter&)>& change) {
  ImageWriter writer = sample_image();
  change(writer);
  const Result<Image> image = writer.to_image();
  return image ? "" : image.error().message;
}

/// Appends a description, with a descriptor in the second table.
void add_ofd(ImageWriter& w, const rbi_ofd& ofd) {
  const auto number = static_cast<__u32>(w.ofds.size());
  w.ofds.push_back(ofd);
  w.fds.push_back({number, number, 0, 0});
  ++w.files[1].fd_count;
}

TEST_CASE("an empty image has no tasks") {
  const Result<Image> image = ImageWriter().to_image();
  REQUIRE_FALSE(image);
  CHECK(image.error().message == "tasks: must hold at least one task");
}

TEST_CASE("what nobody uses is refused") {
  CHECK(verdict_of([](ImageWriter& w) { w.mms.emplace_back().exe = RBI_NONE; }) ==
        "mms[2]: must be used by a task");
  CHECK(verdict_of([](ImageWriter& w) { w.files.push_back({}); }) ==
        "files[2]: must be used by a task");
  CHECK(verdict_of([](ImageWriter& w) { w.fs.push_back(w.fs[0]); }) ==
        "fs[2]: must be used by a task");
  CHECK(verdict_of([](ImageWriter& w) { w.sighands.push_back({}); }) ==
        "sighands[3]: must be used by a task");
  CHECK(verdict_of([](ImageWriter& w) { w.registers.push_back(w.registers[0]); }) ==
        "registers[4]: must be used by a task");
  CHECK(verdict_of([](ImageWriter& w) { w.ofds.push_back(w.ofds[2]); }) ==
        "ofds[19]: must be used by an fd");
  CHECK(verdict_of([](ImageWriter& w) {
          w.pipes.push_back({4096, 0, 0});
        }) == "pipes[2]: must be used by an open file description");
  CHECK(verdict_of([](ImageWriter& w) {
          w.backings.push_back({RBI_BACKING_SHMEM, RBI_NONE, 4096, 0, 0, 0, 0});
        }) == "backings[4]: must be used by a VMA or an open file description");
  CHECK(verdict_of([](ImageWriter& w) { w.actions.push_back(w.actions[0]); }) ==
        "actions[3]: must belong to one of the sighands");
  CHECK(verdict_of([](ImageWriter& w) { w.pending.push_back(w.pending[0]); }) ==
        "pending[3]: must belong to one of the tasks or groups");
  CHECK(verdict_of([](ImageWriter& w) { w.add_run(0x30000000, 1, {}); }) ==
        "runs[6]: must belong to one of the mms or backings");
}

TEST_CASE("page runs of address spaces and backings may be added in any order") {
  CHECK(verdict_of([](ImageWriter& w) {
          w.vmas.push_back({0x40000000, 0x40001000, 0, 3, 1, RBI_VMA_SHMEM, 4});
          w.mms[1].vma_count = 3;
          w.backings.push_back({RBI_BACKING_SHMEM, RBI_NONE, 4096, w.add_run(0, 1, {}), 1, 0, 0});
        }) == "");
}

TEST_CASE("threads may have tables of their own, but not an mm or sighand") {
  CHECK(verdict_of([](ImageWriter& w) { w.tasks[1].files = 1; }) == "");
  CHECK(verdict_of([](ImageWriter& w) { w.tasks[1].fs = 1; }) == "");
}

TEST_CASE("a shared sighand needs a shared mm") {
  CHECK(verdict_of([](ImageWriter& w) {
          w.tasks[3].sighand = 1;
          w.tasks[3].mm = 0;
          w.sighands.pop_back();
        }) == "tasks[3].mm 0: must be 1, that of tasks[2], which has the same sighand");
}

TEST_CASE("a leader precedes its threads") {
  CHECK(verdict_of([](ImageWriter& w) {
          w.tasks[1].group = 1;  // between its leader's group and it stands task 1
          w.tasks[1].mm = w.tasks[1].sighand = 1;
        }) == "tasks[1].group 1: a thread must follow its leader, tasks[2]");
}

TEST_CASE("sessions and process groups") {
  // A founder that left its process group, but not the session.
  CHECK(verdict_of([](ImageWriter& w) {
          w.groups.push_back({4, 1, 103, 102, 17, 0, 0, 0, {}, 0, 0, 0, 0, 0, 0});
          rbi_task task = w.tasks[3];
          task.pid = 106;
          task.group = 3;
          task.registers = 4;
          w.tasks.push_back(task);
          w.registers.push_back(w.registers[0]);
        }) == "");
  // A session and group whose founders are gone.
  CHECK(verdict_of([](ImageWriter& w) {
          w.groups[2].sid = w.groups[2].pgid = 50;
          w.groups[2].flags = 0;
        }) == "");
  CHECK(verdict_of([](ImageWriter& w) {
          w.groups[2].sid = 50;
          w.groups[2].pgid = 51;
          w.groups[0].pgid = 51;
        }) == "groups[2].sid 50: must be 0, that of groups[0] in the same process group");
  CHECK(verdict_of([](ImageWriter& w) {
          w.groups[2].sid = 50;
          w.groups[2].pgid = 60;
          w.groups[0].pgid = 50;
        }) == "groups[0].pgid 50: is a session's number, so sid must be 50 too, not 0");
  CHECK(verdict_of([](ImageWriter& w) {
          w.groups[2].sid = 50;
          w.groups[2].pgid = 100;
        }) == "groups[2].pgid 100: is the pid of a process in another session");
}

TEST_CASE("a number in use as session or group is its founder's pid") {
  CHECK(verdict_of([](ImageWriter& w) {
          w.groups[0].pgid = 0;
          w.groups[2].sid = w.groups[2].pgid = 100;
        }) == "groups[2].sid 100: is the pid of a process that is not in this session");
  CHECK(verdict_of([](ImageWriter& w) { w.groups[2].sid = w.groups[2].pgid = 101; }) ==
        "groups[2].sid 101: is the pid of a thread that is no leader");
}

TEST_CASE("paths are absolute") {
  CHECK_THAT(verdict_of([](ImageWriter& w) { w.fs[0].cwd = w.add_string("tmp\n"); }),
             Catch::EndsWith(R"(: must be an absolute path, not "tmp\x0a")"));
}

TEST_CASE("memory: runs stay inside one VMA, and one vDSO an mm") {
  CHECK(verdict_of([](ImageWriter& w) {
          w.vmas[0].end = 0x10001000;
          w.vmas.insert(w.vmas.begin() + 1,
                        {0x10001000, 0x10003000, 0, 3, 0, RBI_VMA_ANON, RBI_NONE});
          ++w.mms[0].vma_count;
          ++w.mms[1].vma_first;
          w.mms[0].run_count = 0;
          w.mms[0].run_first = 0;
        }) == "mms[1].run_first 3: must be 0, where the range before it ended");
  CHECK(verdict_of([](ImageWriter& w) {
          w.vmas.insert(w.vmas.begin() + 6,
                        {0x7ffe20000000, 0x7ffe20006000, 0, 5, 0, RBI_VMA_VDSO, RBI_NONE});
          ++w.mms[0].vma_count;
          ++w.mms[1].vma_first;
        }) == "vmas[6].kind 3: must not be a second vDSO in one mm");
}

TEST_CASE("pipes have one description of each end") {
  CHECK(verdict_of([](ImageWriter& w) { add_ofd(w, w.ofds[3]); }) ==
        "ofds[19].object 0: must have one description of each end, ofds[3] is one of the same "
        "end");
  CHECK(verdict_of([](ImageWriter& w) {  // the reader is gone
          w.ofds[3] = w.ofds[2];
        }) == "");
}

TEST_CASE("a FIFO may be opened often, by one path, and is no pipe") {
  CHECK(verdict_of([](ImageWriter& w) { add_ofd(w, w.ofds[9]); }) == "");
  CHECK_THAT(verdict_of([](ImageWriter& w) {
               rbi_ofd other = w.ofds[9];
               other.path = w.add_string("/tmp/other");
               add_ofd(w, other);
             }),
             Catch::EndsWith(", that of ofds[9] on the same FIFO"));
  CHECK(verdict_of([](ImageWriter& w) { w.ofds[9].object = 0; }) ==
        "ofds[9].object 0: must not be both a FIFO and a pipe without a path");
}

TEST_CASE("two sockets can't be bound to one name") {
  CHECK_THAT(verdict_of([](ImageWriter& w) {
               w.sockets.push_back(w.sockets[0]);
               rbi_ofd ofd = w.ofds[5];
               ofd.object = 4;
               add_ofd(w, ofd);
             }),
             Catch::StartsWith("sockets[4].path ") &&
                 Catch::EndsWith(": must be unique, sockets[0] has it too"));
  for (const std::string& name : {std::string(), std::string(108, 'x')}) {
    CHECK_THAT(verdict_of([&](ImageWriter& w) { w.sockets[0].path = w.add_string(name); }),
               Catch::EndsWith("must be a path or an abstract name of 1 to 107 bytes"));
  }
  CHECK_THAT(verdict_of([](ImageWriter& w) { w.sockets[0].options = 0; }),
             Catch::EndsWith("must be an absolute path, not \"sample-socket\""));
}

TEST_CASE("a socket or event has one description") {
  CHECK(verdict_of([](ImageWriter& w) { add_ofd(w, w.ofds[5]); }) ==
        "ofds[19].object 0: must be its own, is that of ofds[5] too");
  CHECK(verdict_of([](ImageWriter& w) { add_ofd(w, w.ofds[12]); }) ==
        "ofds[19].object 0: must be its own, is that of ofds[12] too");
  CHECK(verdict_of([](ImageWriter& w) { w.events.push_back(w.events[0]); }) ==
        "events[2]: must be used by an open file description");
  CHECK(verdict_of([](ImageWriter& w) { w.sockets.push_back(w.sockets[0]); }) ==
        "sockets[4]: must be used by an open file description");
}

TEST_CASE("what a signalfd holds is a mask") {
  const auto with = [](const rbi_event& event) {
    return verdict_of([&](ImageWriter& w) {
      rbi_ofd ofd = w.ofds[12];
      ofd.kind = RBI_OFD_SIGNALFD;
      ofd.object = 2;
      w.events.push_back(event);
      add_ofd(w, ofd);
    });
  };
  CHECK(with({0, 0, 0x4001, 0, 0}) == "");
  CHECK(with({0, 0, 0x100, 0, 0}) ==
        "events[2].value 0x100: must not contain SIGKILL (bit 8) or SIGSTOP (bit 18)");
  CHECK(with({0, 1, 0x4001, 0, 0}) == "events[2].flags 0x1: must be zero");
  CHECK(with({0, 0, 0x4001, 1, 0}) == "events[2].interval 1: must be zero");
  CHECK(with({1, 0, 0x4001, 0, 0}) == "events[2].clock 1: must be zero");
  CHECK(with({0, 0, 0x4001, 0, 1}) == "events[2].ticks 1: must be zero");
}

TEST_CASE("epoll instances do not watch in a circle, and nothing twice by one number") {
  CHECK(verdict_of([](ImageWriter& w) {
          add_ofd(w, w.ofds[14]);
          w.epoll_items.push_back({19, 14, 14, 1, 0});
        }) == "");
  CHECK(verdict_of([](ImageWriter& w) {
          add_ofd(w, w.ofds[14]);
          w.epoll_items.push_back({14, 20, 19, 1, 0});
        }) ==
        "epoll_items[2].ofd 19: must lie below the watching epoll instance, so that there is no "
        "cycle");
  CHECK(verdict_of([](ImageWriter& w) { w.epoll_items.push_back(w.epoll_items[1]); }) ==
        "epoll_items[2].fd 12: must ascend with ofd in an epoll instance");
}

TEST_CASE("memfds and deleted files may be mapped, to the end of their last page") {
  CHECK(verdict_of([](ImageWriter& w) {
          w.vmas.push_back({0x40000000, 0x40001000, 0, 3, 1, RBI_VMA_FILE, 2});
          w.vmas.push_back({0x50000000, 0x50002000, 0, 1, 0, RBI_VMA_FILE, 3});
          w.mms[1].vma_count = 4;
        }) == "");
  CHECK(verdict_of([](ImageWriter& w) {
          w.vmas.push_back({0x40000000, 0x40002000, 0, 3, 1, RBI_VMA_FILE, 2});
          w.mms[1].vma_count = 3;
        }) ==
        "vmas[8].offset 0x0: must leave room for the VMA's 0x2000 bytes in backings[2], which "
        "has 0x1000");
}

TEST_CASE("a zombie's number is nobody's") {
  CHECK(verdict_of([](ImageWriter& w) { w.zombies[1].pid = w.zombies[1].pgid = 104; }) ==
        "zombies[1].pid 104: must be unique, is that of zombies[0] too");
  CHECK(verdict_of([](ImageWriter& w) {
          w.zombies[0].pid = 60;
          w.groups[2].sid = w.groups[2].pgid = 60;
        }) == "zombies[0].pid 60: must not be a pid, session or process group of a living process");
}

rbi_ofd master_of(ImageWriter& w, __u32 pty) {
  return {RBI_OFD_PTY_MASTER, w.add_string("/dev/ptmx"), 2, pty, 0, 0, 0, 0, 0};
}

TEST_CASE("pseudo-terminals have numbers, masters and sessions of their own") {
  CHECK(verdict_of([](ImageWriter& w) {
          rbi_pty pty{};
          pty.number = 3;
          w.ptys.push_back(pty);
          add_ofd(w, master_of(w, 2));
        }) == "ptys[2].number 3: must be unique, is that of ptys[0] too");
  CHECK(verdict_of([](ImageWriter& w) {
          rbi_pty pty{};
          pty.number = 1u << 20;
          w.ptys.push_back(pty);
          add_ofd(w, master_of(w, 2));
        }) == "ptys[2].number 1048576: must be 0 to 1048575");
  CHECK(verdict_of([](ImageWriter& w) { add_ofd(w, master_of(w, 0)); }) ==
        "ofds[19].object 0: must be its own, is that of ofds[16] too");
  CHECK(verdict_of([](ImageWriter& w) {
          rbi_pty pty = w.ptys[0];
          pty.number = 7;
          pty.data = pty.data_size = pty.input_size = 0;
          w.ptys.push_back(pty);
          add_ofd(w, master_of(w, 2));
          add_ofd(w, {RBI_OFD_PTY_SLAVE, w.add_string("/dev/tty"), 2, 2, 0, 0, 0, 0, 0});
        }) == "ptys[2].sid 102: must have one terminal, has ptys[0] too");
  CHECK(verdict_of([](ImageWriter& w) {
          rbi_pty pty{};
          pty.number = 7;
          pty.sid = pty.foreground = 102;
          w.ptys[0].sid = w.ptys[0].foreground = 0;
          w.ptys.push_back(pty);
          add_ofd(w, master_of(w, 2));
        }) == "ptys[2].sid 102: must be 0 without a description of a slave");
}

TEST_CASE("watches ascend by number") {
  CHECK(verdict_of([](ImageWriter& w) { w.watches.push_back(w.watches[0]); }) ==
        "watches[1].wd 1: must ascend in an inotify instance");
}

TEST_CASE("supplementary groups, limits and timers have an owner") {
  CHECK(verdict_of([](ImageWriter& w) { w.gids.push_back({70000}); }) ==
        "gids[2]: must belong to one of the credentials");
  CHECK(verdict_of([](ImageWriter& w) { w.limits.push_back(w.limits[0]); }) ==
        "limits[3]: must belong to one of the groups");
  CHECK(verdict_of([](ImageWriter& w) { w.timers.push_back(w.timers[0]); }) ==
        "timers[2]: must belong to one of the groups");
  CHECK(verdict_of([](ImageWriter& w) { w.credentials.push_back(w.credentials[0]); }) ==
        "credentials[1].gid_first 0: must be 2, where the range before it ended");
}

TEST_CASE("fixtures: unique, parents first, in directories") {
  CHECK(verdict_of([](ImageWriter& w) { std::swap(w.fixtures[0], w.fixtures[1]); }) ==
        "fixtures[0].path 0: must follow its parent directory, fixtures[1]");
  CHECK(verdict_of([](ImageWriter& w) { w.fixtures.push_back(w.fixtures[0]); }) ==
        "fixtures[2].path 44: must be unique, fixtures[0] has it too");
}

TEST_CASE("the strings section ends with NUL and has no endless string") {
  ImageBytes image(sample_image());
  const rbi_section_ref& strings = image.header().sections[RBI_SEC_STRINGS];
  image.bytes()[strings.offset + strings.count - 1] = std::byte{'x'};
  image.reseal();
  CHECK_THAT(image.verdict(),
             Catch::StartsWith("strings[") && Catch::EndsWith("]: the last byte must be NUL"));
  CHECK_THAT(verdict_of([](ImageWriter& w) { w.add_string("/" + std::string(4095, 'x')); }),
             Catch::EndsWith("has 4096 bytes: must be shorter than PATH_MAX 4096"));
  CHECK(verdict_of([](ImageWriter& w) { w.add_string("/" + std::string(4094, 'x')); }) == "");
}

TEST_CASE("names are terminated and padded") {
  ImageBytes image(sample_image());
  std::memcpy(image.record("tasks", 0) + field_of(type_named("tasks"), "name").offset,
              "0123456789abcdef", RBI_NAME_LEN);
  image.reseal();
  CHECK(image.verdict() == R"(tasks[0].name "0123456789abcdef": must end with NUL)");
}

TEST_CASE("XSAVE areas") {
  const auto with = [](std::size_t offset, std::uint8_t byte) {
    ImageBytes image(sample_image());
    const rbi_section_ref& states = image.header().sections[RBI_SEC_XSTATES];
    image.bytes()[states.offset + offset] = std::byte{byte};
    image.reseal();
    return image.verdict();
  };
  CHECK(with(26, 1) == "registers[0].xstate 0: its MXCSR 0x11f80 has reserved bits set");
  CHECK(with(512, 7) == "registers[0].xstate 0: its XSTATE_BV 0x7 must lie within xfeatures 0x3");
  CHECK(with(527, 0x80) ==
        "registers[0].xstate 0: its XCOMP_BV 0x8000000000000000 must be zero: "
        "standard format");
  CHECK(with(575, 1) == "registers[0].xstate 0: reserved bytes of its XSAVE header must be zero");
  CHECK(with(0, 1) == "");
}

TEST_CASE("an auxiliary vector fits the kernel's") {
  CHECK(verdict_of([](ImageWriter& w) {
          w.auxv.insert(w.auxv.begin(), 22, rbi_auxv{6, 4096});
          w.mms[0].auxv_count = 24;
        }) == "");
  CHECK(verdict_of([](ImageWriter& w) {
          w.auxv.insert(w.auxv.begin(), 23, rbi_auxv{6, 4096});
          w.mms[0].auxv_count = 25;
        }) == "mms[0].auxv_count 25: must be at most 24, what the kernel keeps");
}

}  // namespace
}  // namespace rb::test
