// Handlers, masks, signals pending for a thread and for a process with values,
// alternate stacks, interval timers: in processes of two threads each.
#include <sys/time.h>

#include <csignal>
#include <ctime>
#include <iterator>

#include "workloads/parameters.h"
#include "workloads/registry.h"
#include "workloads/synthetic/purposes.h"
#include "workloads/synthetic/tree.h"

namespace rb {
namespace {

constexpr Parameter kParameters[] = {
    {"n", "processes of two threads", 10, 1, 1000, "10,100"},
    {"timers", "POSIX timers of each process", 0, 0, 1000, "0,10"},
};

constexpr std::uint64_t bit(int signal) { return 1ull << (signal - 1); }

// Which real-time signals wait where; private and shared queues have none in
// common, so that a task can tell its own from its process's.
constexpr int kPrivate = 50;
constexpr int kShared = 55;
constexpr std::uint64_t kHour = 3600ull * 1000000;  // microseconds: never expires in a test

QueuedSignal queued(const SyntheticTree& tree, int signal, TaskId task, std::uint64_t position) {
  return {signal, tree.seed(kSeedSignal, static_cast<std::uint64_t>(task) * 16 + position)};
}

void set_thread(SyntheticTree& tree, TaskId id, std::int64_t i) {
  SyntheticTask& task = tree.task(id);
  task.blocked = bit(SIGUSR2) | bit(SIGTERM) | bit(kPrivate) | bit(kShared);
  if (i % 2 == 0) task.blocked |= bit(SIGHUP) | bit(64);
  task.altstack = i % 3 != 2;
  task.pending.push_back(queued(tree, SIGUSR2, id, 0));
  // Real-time signals queue up, in order.
  for (std::int64_t n = 0; n < 1 + i % 3; ++n) {
    task.pending.push_back(queued(tree, kPrivate, id, static_cast<std::uint64_t>(1 + n)));
  }
}

void set_process(SyntheticTree& tree, TaskId id, std::int64_t i) {
  tree.set_action(id, SIGUSR1, i % 2 == 0 ? SA_ONSTACK : 0, bit(SIGTERM) | bit(40));
  tree.set_action(id, SIGUSR2, SA_RESTART | SA_NODEFER);
  tree.set_action(id, static_cast<std::uint32_t>(40 + i % 8), SA_ONSTACK | SA_RESTART, ~0xfffffull);
  if (i % 2 != 0) tree.ignore(id, SIGHUP);
  SyntheticGroup& group = tree.group_of(id);
  group.pending = {queued(tree, SIGTERM, id, 8), queued(tree, kShared, id, 9),
                   queued(tree, kShared, id, 10)};
  const std::uint64_t extra = tree.seed(kSeedTimer, static_cast<std::uint64_t>(i)) % kHour;
  group.itimers = {};
  if (i % 2 == 0) group.itimers[ITIMER_REAL] = {.interval = 1500000, .value = kHour + extra};
  if (i % 3 == 0) group.itimers[ITIMER_VIRTUAL] = {.interval = 0, .value = kHour + extra};
  if (i % 3 == 1) group.itimers[ITIMER_PROF] = {.interval = 20000, .value = kHour + extra};
}

/// Of several clocks, for the process, for its second thread and for nobody, with holes between.
void add_timers(SyntheticTree& tree, TaskId leader, TaskId thread, std::int64_t count) {
  constexpr std::uint32_t kClocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME,
                                       CLOCK_PROCESS_CPUTIME_ID};
  constexpr std::uint32_t kNotifications[] = {SIGEV_SIGNAL, SIGEV_THREAD_ID, SIGEV_NONE};
  constexpr std::uint64_t kNsPerUs = 1000;
  std::vector<rbi_timer>& timers = tree.group_of(leader).timers;
  for (std::int64_t k = 0; k < count; ++k) {
    rbi_timer timer{};
    timer.id = static_cast<std::int32_t>(k + k / 2 + static_cast<std::int64_t>(leader) % 2);
    timer.clock = kClocks[static_cast<std::size_t>(k) % std::size(kClocks)];
    timer.notify = kNotifications[static_cast<std::size_t>(k) % std::size(kNotifications)];
    timer.signal = timer.notify == SIGEV_NONE ? 0 : static_cast<std::uint32_t>(60 + k % 4);
    timer.task = timer.notify == SIGEV_THREAD_ID ? static_cast<std::uint32_t>(thread) : RBI_NONE;
    timer.sigval = tree.seed(kSeedTimer, static_cast<std::uint64_t>(timer.id));
    timer.interval = k % 2 == 0 ? 0 : kHour * kNsPerUs;
    timer.value = k % 5 == 4 ? 0 : (kHour + timer.sigval % kHour) * kNsPerUs;
    timers.push_back(timer);
  }
}

Status build(const ParameterValues& values, ImageWriter& writer) {
  SyntheticTree tree("signals", seed_of(values));
  for (std::int64_t i = 0; i < value_of(values, "n"); ++i) {
    const TaskId leader = i == 0 ? tree.root() : tree.fork(tree.root());
    const TaskId thread = tree.add_thread(leader);
    set_process(tree, leader, i);
    set_thread(tree, leader, i);
    set_thread(tree, thread, i + 1);
    add_timers(tree, leader, thread, value_of(values, "timers"));
  }
  tree.write(writer);
  return {};
}

}  // namespace

const Workload kSignals = {"signals", "n processes with handlers, masks, pending signals, timers",
                           kParameters, build};

}  // namespace rb
