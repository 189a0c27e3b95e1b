// Pseudo-terminals: restarted, and wrong ones caught. On top of a workload with sessions, with
// numbers that are free on this machine.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <utility>

#include "base/fd.h"
#include "tests/native/restart.h"
#include "workloads/synthetic/appended.h"

namespace rb::test {
namespace {

constexpr __u32 kLeader = 1;  // group: leads a session with a job that is in the foreground
constexpr __u32 kJob = 3;

/// Two numbers that nobody has.
std::array<__u32, 2> free_numbers() {
  std::array<__u32, 2> numbers{};
  std::array<Fd, 2> masters;
  for (std::size_t i = 0; i < 2; ++i) {
    masters[i] = Fd(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
    REQUIRE(::ioctl(masters[i].get(), TIOCGPTN, &numbers[i]) == 0);
  }
  return numbers;
}

rbi_ofd end_of(ImageWriter& w, rbi_ofd_kind kind, __u32 pty, const std::string& path) {
  rbi_ofd ofd{};
  ofd.kind = kind;
  ofd.path = w.add_string(path);
  ofd.flags = O_RDWR;
  ofd.object = pty;
  return ofd;
}

rbi_pty settings(ImageWriter& w, __u32 number, const std::string& input,
                 const std::string& output) {
  const std::string data = input + output;
  rbi_pty pty{};
  pty.number = number;
  pty.input_flags = 02400;
  pty.output_flags = 5;
  pty.control_flags = 0277;
  pty.local_flags = 0105071;  // without ICANON
  pty.input_speed = pty.output_speed = 38400;
  std::memcpy(pty.control, "\003\034\177\025\004\0\001", 7);
  pty.rows = 33;
  pty.columns = 99;
  pty.mode = 0620;
  pty.gid = 5;
  pty.input_size = static_cast<__u32>(input.size());
  pty.data_size = static_cast<__u32>(data.size());
  pty.data = w.add_bytes(std::as_bytes(std::span(data)));
  return pty;
}

/// The terminal of the second session, and one that nobody is controlled by, by lines.
ImageWriter with_ptys() {
  const Workload& workload = *find_workload("sessions");
  const auto complete = complete_parameters(workload, {{"n", 1}});
  ImageWriter w;
  REQUIRE(complete);
  REQUIRE(workload.build(*complete, w));
  const auto numbers = free_numbers();
  AppendedDescriptors added(w);
  for (__u32 i = 0; i < numbers.size(); ++i) {
    added.add(end_of(w, RBI_OFD_PTY_MASTER, i, "/dev/ptmx"));
    added.add(end_of(w, RBI_OFD_PTY_SLAVE, i, "/dev/pts/" + std::to_string(numbers[i])));
  }
  added.add(end_of(w, RBI_OFD_PTY_SLAVE, 0, "/dev/tty"));
  added.finish();
  rbi_pty control = settings(w, numbers[0], "typed\003", "printed");
  control.flags = RBI_PTY_PACKET | RBI_PTY_EXCLUSIVE;
  control.sid = w.groups[kLeader].sid;
  control.foreground = w.groups[kJob].pgid;
  rbi_pty lines = settings(w, numbers[1], "line\nrest", "");
  lines.local_flags |= 2;
  w.ptys = {control, lines};
  for (rbi_group& group : w.groups) {
    if (group.sid == control.sid) group.flags |= RBI_GROUP_TERMINAL;
  }
  // One of the session has given it up; and one wants to know of its parent's death.
  w.groups[2].flags &= ~RBI_GROUP_TERMINAL;
  rbi_credentials told{};
  told.bounding = told.permitted = told.effective = 1;  // CAP_CHOWN
  told.death_signal = SIGUSR1;
  w.credentials = {told};
  w.tasks[w.groups[4].leader].credentials = 0;
  return w;
}

/// The slave of a pty that goes by its number.
rbi_ofd& slave_of(ImageWriter& w, __u32 pty) {
  return *std::find_if(w.ofds.begin(), w.ofds.end(), [pty](const rbi_ofd& ofd) {
    return ofd.kind == RBI_OFD_PTY_SLAVE && ofd.object == pty;
  });
}

void swap_numbers(ImageWriter& w) {
  std::swap(w.ptys[0].number, w.ptys[1].number);
  std::swap(slave_of(w, 0).path, slave_of(w, 1).path);
}

std::vector<std::string> found(const std::function<void(ImageWriter&)>& change,
                               const RestartOptions& options = {.run = false}) {
  need_root();
  const ImageWriter writer = with_ptys();
  ImageWriter other = writer;
  change(other);
  const auto original = writer.to_image();
  const auto changed = other.to_image();
  if (!original) FAIL(describe(original.error()));
  if (!changed) FAIL(describe(changed.error()));
  return restart_against(strategy_named("userspace"), *changed, *original, options);
}

TEST_CASE("pseudo-terminals, their sessions and signals on a parent's death", "[ptys]") {
  const auto nothing = [](ImageWriter&) {};
  CHECK(joined(found(nothing, {.times = 3, .run = false})) == "");
  CHECK(joined(found(nothing, {.run = false, .held = true})) == "");
}

TEST_CASE("wrong pseudo-terminals are found", "[ptys]") {
  struct Mutant {
    const char* name;
    std::function<void(ImageWriter&)> change;
    const char* text;
  };
  const Mutant mutants[] = {
      {"window", [](auto& w) { ++w.ptys[0].rows; }, "window: expected 33 99 0 0, found 34 99 0 0"},
      {"termios", [](auto& w) { w.ptys[0].local_flags ^= 010; }, "termios (input"},
      {"characters", [](auto& w) { ++w.ptys[1].control[0]; }, "control characters differ"},
      {"speed", [](auto& w) { w.ptys[0].control_flags ^= 1; }, "speed: expected 38400"},
      {"owner", [](auto& w) { w.ptys[0].mode = 0600; }, "slave's owner: expected 0 5 0620"},
      {"packet mode", [](auto& w) { w.ptys[0].flags &= ~RBI_PTY_PACKET; },
       "packet mode: expected 1"},
      {"exclusive", [](auto& w) { w.ptys[0].flags &= ~RBI_PTY_EXCLUSIVE; }, "slave is exclusive"},
      {"lock", [](auto& w) { w.ptys[1].flags |= RBI_PTY_LOCKED; }, "pty is locked: expected 0"},
      {"stop", [](auto& w) { w.ptys[0].flags |= RBI_PTY_STOPPED; }, "output is stopped"},
      {"input", [](auto& w) { --w.ptys[0].input_size; }, "unread input: expected 6, found 5"},
      {"output", [](auto& w) { --w.ptys[0].input_size; }, "unread output: expected 7, found 8"},
      {"line", [](auto& w) { w.ptys[1].input_size = 4; }, "a line is unread: expected true"},
      {"foreground", [](auto& w) { w.ptys[0].foreground = w.ptys[0].sid; },
       "foreground process group: expected"},
      {"member", [](auto& w) { w.groups[2].flags |= RBI_GROUP_TERMINAL; },
       "controlling terminal: expected 0, found"},
      {"session",
       [](auto& w) {
         w.ptys[0].sid = w.ptys[0].foreground = 0;
         for (rbi_group& group : w.groups) group.flags &= ~RBI_GROUP_TERMINAL;
       },
       "terminal's session: expected"},
      {"number", swap_numbers, "pty's number: expected"},
  };
  for (const Mutant& mutant : mutants) {
    const auto lines = found(mutant.change);
    INFO(mutant.name << "\n" << joined(lines));
    CHECK(joined(lines).find(mutant.text) != std::string::npos);
  }
}

TEST_CASE("a wrong signal on a parent's death is found", "[ptys]") {
  const auto lines = found([](ImageWriter& w) { w.credentials[0].death_signal = SIGUSR2; },
                           {.run = false, .held = true});
  INFO(joined(lines));
  CHECK(joined(lines).find("signal on the parent's death: expected 10, found 12") !=
        std::string::npos);
}

TEST_CASE("a number that another terminal has is said", "[ptys]") {
  const Fd first(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
  unsigned number = 0;
  REQUIRE(::ioctl(first.get(), TIOCGPTN, &number) == 0);
  const auto lines = found([number](ImageWriter& w) {
    w.ptys[0].number = number;
    slave_of(w, 0).path = w.add_string("/dev/pts/" + std::to_string(number));
  });
  INFO(joined(lines));
  CHECK(joined(lines).find("could not make pseudo-terminal /dev/pts/" + std::to_string(number)) !=
        std::string::npos);
}

}  // namespace
}  // namespace rb::test
