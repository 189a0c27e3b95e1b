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
        "ofds[6]: must be used by an fd");
  CHECK(verdict_of([](ImageWriter& w) {
          w.pipes.push_back({4096, 0, 0});
        }) == "pipes[1]: must be used by an open file description");
  CHECK(verdict_of([](ImageWriter& w) {
          w.backings.push_back({RBI_BACKING_SHMEM, RBI_NONE, 4096, 0, 0});
        }) == "backings[2]: must be used by a VMA");
  CHECK(verdict_of([](ImageWriter& w) { w.actions.push_back(w.actions[0]); }) ==
        "actions[3]: must belong to one of the sighands");
  CHECK(verdict_of([](ImageWriter& w) { w.pending.push_back(w.pending[0]); }) ==
        "pending[3]: must belong to one of the tasks or groups");
  CHECK(verdict_of([](ImageWriter& w) { w.add_run(0x30000000, 1, {}); }) ==
        "runs[5]: must belong to one of the mms or backings");
}

TEST_CASE("page runs of address spaces and backings may be added in any order") {
  CHECK(verdict_of([](ImageWriter& w) {
          w.vmas.push_back({0x40000000, 0x40001000, 0, 3, 1, RBI_VMA_SHMEM, 2});
          w.mms[1].vma_count = 3;
          w.backings.push_back({RBI_BACKING_SHMEM, RBI_NONE, 4096, w.add_run(0, 1, {}), 1});
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
          w.groups.push_back({4, 1, 103, 102, 17, 0, 0, 0, {}});
          rbi_task task = w.tasks[3];
          task.pid = 104;
          task.group = 3;
          task.registers = 4;
          w.tasks.push_back(task);
          w.registers.push_back(w.registers[0]);
        }) == "");
  // A session and group whose founders are gone.
  CHECK(verdict_of([](ImageWriter& w) { w.groups[2].sid = w.groups[2].pgid = 50; }) == "");
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
  CHECK(verdict_of([](ImageWriter& w) {
          w.ofds.push_back(w.ofds[3]);
          w.fds.push_back({6, 6, 0, 0});
          ++w.files[1].fd_count;
        }) ==
        "ofds[6].pipe 0: must have one description of each end, ofds[3] is one of the same "
        "end");
  CHECK(verdict_of([](ImageWriter& w) {  // the reader is gone
          w.ofds.erase(w.ofds.begin() + 3);
          w.fds.erase(w.fds.begin() + 4);
          w.files[1] = {4, 2};
          for (rbi_fd& fd : w.fds) fd.ofd -= fd.ofd > 3 ? 1 : 0;
        }) == "");
}

TEST_CASE("two sockets can't listen on one name") {
  CHECK(verdict_of([](ImageWriter& w) {
          w.ofds.push_back(w.ofds[5]);
          w.fds.push_back({6, 6, 0, 0});
          ++w.files[1].fd_count;
        }) == "ofds[6].path 49: must be unique, ofds[5] listens there too");
  CHECK_THAT(verdict_of([](ImageWriter& w) { w.ofds[5].path = w.add_string(""); }),
             Catch::EndsWith("must be an abstract name of 1 to 107 bytes"));
  CHECK_THAT(
      verdict_of([](ImageWriter& w) { w.ofds[5].path = w.add_string(std::string(108, 'x')); }),
      Catch::EndsWith("must be an abstract name of 1 to 107 bytes"));
}

TEST_CASE("fixtures: unique, parents first, in directories") {
  CHECK(verdict_of([](ImageWriter& w) { std::swap(w.fixtures[0], w.fixtures[1]); }) ==
        "fixtures[0].path 0: must follow its parent directory, fixtures[1]");
  CHECK(verdict_of([](ImageWriter& w) { w.fixtures.push_back(w.fixtures[0]); }) ==
        "fixtures[2].path 27: must be unique, fixtures[0] has it too");
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
