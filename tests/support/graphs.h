// Sharing graphs for tests: written by hand, all of a size, or from histories.
#pragma once

#include <array>
#include <functional>
#include <initializer_list>
#include <random>
#include <string>

#include "strategies/userspace/planner/all_graphs.h"

namespace rb::test {

/// One process of a hand-written graph: parent, mm, sighand, files, fs.
using Row = std::array<int, 5>;

/// A graph of single-threaded processes in the coordinator's session.
[[nodiscard]] SharingGraph processes(std::initializer_list<Row> rows);

/// Appends a thread of leader with its own files and fs numbers; returns it.
int add_thread(SharingGraph& graph, int leader, int files, int fs);

/// What a simulated history may contain.
struct HistoryOptions {
  int max_tasks = 14;  ///< alive at a time
  int max_events = 28;
  bool threads = true;
  bool sessions = true;
  bool exit_signals = false;  ///< others than SIGCHLD
  int exits = 2;              ///< of 10 events, how many are exits
};

/// The tasks alive at the end of a random history of fork, vfork, clone with
/// any flags, unshare, execve, setsid and exit with re-parenting to a
/// subreaper, from one process in the coordinator's session: what ordinary
/// programs can have made. At least two tasks. Leaders of groups and sessions
/// with members do not exit.
[[nodiscard]] SharingGraph history_graph(std::mt19937_64& random, const HistoryOptions& options);

/// A random tree of 2 to max_tasks tasks with random partitions: mostly
/// impossible to reach by system calls.
[[nodiscard]] SharingGraph partition_graph(std::mt19937_64& random, int max_tasks);

/// A flat tree: `tasks` children of one root, own objects.
[[nodiscard]] SharingGraph flat_graph(int tasks);
/// One process with `threads` more threads.
[[nodiscard]] SharingGraph thread_graph(int threads);
/// `chains` times A, its child B, its child C, below a root; A and C share
/// files, B does not.
[[nodiscard]] SharingGraph middle_graph(int chains);

/// One line a task, for messages.
[[nodiscard]] std::string describe(const SharingGraph& graph);

/// How many different objects of each class the graph has.
[[nodiscard]] std::array<int, kSharedCount> distinct_objects(const SharingGraph& graph);

}  // namespace rb::test
