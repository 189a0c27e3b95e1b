// The ledger's events count exactly: on this kernel, a thousand clones are a thousand
// objects of each class that they do not share, and none of those that they do.
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <vector>

#include "base/fd.h"
#include "harness/counters/counters.h"
#include "harness/counters/rcu.h"
#include "harness/ledger/allocation_events.h"

namespace rb::test {
namespace {

/// How often everything is done.
std::uint64_t times = 1000;
constexpr int kShareAll = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND;

/// Objects by the name of their class.
struct Made {
  std::map<std::string, std::uint64_t> counts;
  std::uint64_t& operator[](const std::string& name) { return counts[name]; }
  bool operator==(const Made&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Made& made) {
  for (const auto& [name, count] : made.counts) out << name << ' ' << count << ' ';
  return out;
}

[[noreturn]] void skip(const Error& error) {
  std::fprintf(stderr, "skipped: %s\n", describe(error).c_str());
  std::exit(77);
}

/// How allocations are told apart.
enum class By { kWhatKernelHas, kSiteAndSize };

std::vector<EventSpec> events(By by) {
  static const KernelFacts kFacts = [] {
    if (const auto usable = perf_counters().usable(); !usable) skip(usable.error());
    auto facts = read_kernel_facts();
    if (!facts) skip(facts.error());
    return std::move(*facts);
  }();
  KernelFacts facts = kFacts;
  if (by == By::kSiteAndSize) facts.allocations_name_caches = false;
  std::vector<EventSpec> all;
  for (std::size_t i = 0; i < kObjectClassCount; ++i) {
    auto event = creation_event(static_cast<ObjectClass>(i), facts);
    INFO((event ? event->filter : describe(event.error())));
    REQUIRE(event.has_value());
    all.push_back(std::move(*event));
  }
  return all;
}

/// Runs what is counted once for every few classes.
Made made_once(By by, const std::function<void()>& work) {
  Made made;
  const std::vector<EventSpec> specs = events(by);
  const std::span<const EventSpec> all = specs;
  for (std::size_t first = 0; first < all.size(); first += kEventsPerPass) {
    const auto some = all.subspan(first, std::min(kEventsPerPass, all.size() - first));
    const auto group = perf_counters().open(some);
    group->start();
    work();
    group->stop();
    const auto counts = group->read();
    for (std::size_t i = 0; i < some.size(); ++i) {
      INFO(some[i].name << ": " << some[i].filter);
      REQUIRE(counts[i].has_value());
      made[some[i].name] = *counts[i];
    }
  }
  return made;
}

/// The least of two counts: an interrupt may allocate on behalf of whoever runs, which
/// is counted with it; nothing takes an allocation away.
Made made_by(By by, const std::function<void()>& work) {
  Made made = made_once(by, work);
  const Made again = made_once(by, work);
  for (const auto& [name, count] : again.counts) made[name] = std::min(made[name], count);
  return made;
}

int child(void* /*argument*/) { return 0; }

/// A task that ends at once, a thousand times one after the other.
void clone_many(int flags) {
  alignas(16) static std::array<char, 65536> stack;
  for (std::uint64_t i = 0; i < times; ++i) {
    pid_t tid = 1;
    const bool thread = (flags & CLONE_THREAD) != 0;
    const int all_flags = flags | (thread ? CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID : SIGCHLD);
    const pid_t pid =
        ::clone(child, stack.data() + stack.size(), all_flags, nullptr, &tid, nullptr, &tid);
    REQUIRE(pid > 0);
    if (thread) {
      while (*static_cast<volatile pid_t*>(&tid) != 0) ::sched_yield();
    } else {
      REQUIRE(::waitpid(pid, nullptr, 0) == pid);
    }
  }
}

/// What every new process brings with it.
Made expected(const std::map<std::string, std::uint64_t>& own) {
  Made all = {{{"mm", 0},
               {"files", 0},
               {"fd_array", 0},
               {"fs", 0},
               {"sighand", 0},
               {"signal", times},
               {"task", times},
               {"pid", times},
               {"cred", times},
               {"open_file", 0},
               {"pipe", 0},
               {"vma", 0}}};
  for (const auto& [name, count] : own) all[name] = count;
  return all;
}

/// What was made and ended again, by event.
struct Ended {
  std::vector<std::uint64_t> created;
  std::vector<std::uint64_t> destroyed;
};

/// Processes and pipes that end, but for one pipe.
Ended end_many(const std::vector<EventSpec>& specs) {
  auto trace = perf_counters().trace(specs);
  INFO((trace ? "" : describe(trace.error())));
  REQUIRE(trace.has_value());
  (*trace)->start();
  clone_many(0);
  std::array<int, 2> ends_kept{};
  REQUIRE(::pipe2(ends_kept.data(), O_CLOEXEC) == 0);
  for (std::uint64_t i = 0; i < times; ++i) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    ::close(ends[0]);
    ::close(ends[1]);
  }
  (*trace)->stop_allocations();
  for (int i = 0; i < 5; ++i) {
    wait_for_rcu_callbacks();
    (*trace)->collect();
  }
  (*trace)->stop();
  ::close(ends_kept[0]);
  ::close(ends_kept[1]);
  const auto recorded = (*trace)->read();
  REQUIRE(recorded.has_value());
  Ended ended = {std::vector<std::uint64_t>(specs.size(), 0), freed_again(*recorded, specs.size())};
  for (const MemoryEvent& one : *recorded) {
    if (one.allocation) ++ended.created[*one.allocation];
  }
  return ended;
}

}  // namespace

TEST_CASE("a thousand clones are a thousand objects of what they do not share", "[exactness]") {
  // The second is what kernels without names are counted by: the same on all.
  const By by = GENERATE(By::kWhatKernelHas, By::kSiteAndSize);
  times = by == By::kWhatKernelHas ? 1000 : 200;
  ::close_range(32, ~0u, 0);  // so that a table's copy has no array
  CHECK(made_by(by, [] { clone_many(kShareAll); }) == expected({}));
  CHECK(made_by(by, [] { clone_many(kShareAll & ~CLONE_FILES); }) == expected({{"files", times}}));
  CHECK(made_by(by, [] { clone_many(kShareAll & ~CLONE_FS); }) == expected({{"fs", times}}));
  CHECK(made_by(by, [] { clone_many(kShareAll & ~CLONE_SIGHAND); }) ==
        expected({{"sighand", times}}));
  CHECK(made_by(by, [] { clone_many(kShareAll | CLONE_THREAD | CLONE_SYSVSEM); }) ==
        expected({{"signal", 0}, {"cred", 0}}));

  auto forked = made_by(by, [] { clone_many(0); });
  // Every VMA of this process but those that are not copied.
  CHECK(forked["vma"] >= 5 * times);
  CHECK(forked["vma"] % times == 0);
  forked["vma"] = 0;
  CHECK(forked == expected({{"mm", times}, {"files", times}, {"fs", times}, {"sighand", times}}));
}

TEST_CASE("descriptor arrays, open files, pipes and VMAs are counted exactly", "[exactness]") {
  const By by = GENERATE(By::kWhatKernelHas, By::kSiteAndSize);
  times = by == By::kWhatKernelHas ? 1000 : 200;
  ::close_range(32, ~0u, 0);
  const std::map<std::string, std::uint64_t> none = {
      {"signal", 0}, {"task", 0}, {"pid", 0}, {"cred", 0}};
  const auto only = [&](std::map<std::string, std::uint64_t> own) {
    own.insert(none.begin(), none.end());
    return expected(own);
  };
  CHECK(made_by(by, [] {
          for (std::uint64_t i = 0; i < times; ++i) {
            const Fd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
            REQUIRE(fd.valid());
          }
        }) == only({{"open_file", times}}));
  CHECK(made_by(by, [] {
          for (std::uint64_t i = 0; i < times; ++i) {
            int ends[2];
            REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
            ::close(ends[0]);
            ::close(ends[1]);
          }
        }) == only({{"open_file", 2 * times}, {"pipe", times}}));
  CHECK(made_by(by, [] {
          for (std::uint64_t i = 0; i < times; ++i) {
            const Mapping shared(
                ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0), 4096);
            REQUIRE(shared.data() != MAP_FAILED);
          }
          // The memory behind each one is a file.
        }) == only({{"vma", times}, {"open_file", times}}));

  const Fd high(::fcntl(0, F_DUPFD_CLOEXEC, 200));
  REQUIRE(high.valid());
  CHECK(made_by(by, [] { clone_many(kShareAll & ~CLONE_FILES); }) ==
        expected({{"files", times}, {"fd_array", times}}));
}

TEST_CASE("what ends is counted as destroyed, whatever else is freed", "[exactness]") {
  const By by = GENERATE(By::kWhatKernelHas, By::kSiteAndSize);
  times = 200;
  ::close_range(32, ~0u, 0);
  const Fd high(::fcntl(0, F_DUPFD_CLOEXEC, 200));
  REQUIRE(high.valid());
  const std::vector<EventSpec> specs = events(by);
  // Whoever looks into /proc on this machine holds tasks and their numbers for a while, a CPU
  // that went idle keeps the last mm, and some frees on a busy machine are not recorded. So each
  // class has a few tries to have all of its frees counted, and none to have more.
  constexpr int kTries = 6;
  std::vector<bool> all(specs.size(), false);
  for (int i = 0; i < kTries && std::count(all.begin(), all.end(), false) > 0; ++i) {
    const Ended ended = end_many(specs);
    for (std::size_t e = 0; e < specs.size(); ++e) {
      const std::string& name = specs[e].name;
      INFO(name << ": " << specs[e].filter << ": created " << ended.created[e] << ", destroyed "
                << ended.destroyed[e]);
      const std::uint64_t kept = name == "pipe" ? 1 : name == "open_file" ? 2 : 0;
      const std::uint64_t gone = ended.created[e] - kept;
      CHECK(ended.destroyed[e] <= gone);
      if (name != "vma") CHECK(gone == (name == "open_file" ? 2 * times : times));
      const std::uint64_t held = name == "mm" || name == "vma" ? 4 : 0;
      if (ended.destroyed[e] + held >= gone) all[e] = true;
      if (i + 1 == kTries) CHECK(all[e]);
    }
  }
}

}  // namespace rb::test
