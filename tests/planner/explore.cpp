#include "tests/planner/explore.h"

#include <algorithm>
#include <array>
#include <deque>
#include <numeric>

#include "base/error.h"

namespace rb::test {
namespace {

constexpr int kMost = 4;
constexpr int kOutside = -1;
constexpr std::size_t kMm = 0;
constexpr std::size_t kSighand = 1;
constexpr std::size_t kFiles = 2;
constexpr std::size_t kFs = 3;
/// A number that no object has in a canonical state.
constexpr int kFresh = kMost;

std::size_t at(int index) { return static_cast<std::size_t>(index); }

struct Process {
  int parent = kOutside;
  std::array<int, kSharedCount> object{};
};
using Processes = std::vector<Process>;

/// Packs processes in the given order: 3 bits a parent and an object, objects
/// numbered by first use.
std::uint64_t pack(const Processes& processes, const std::array<int, kMost>& order) {
  std::array<int, kMost + 1> place{};
  for (std::size_t i = 0; i < processes.size(); ++i) place[at(order[i])] = static_cast<int>(i);
  std::uint64_t code = processes.size();
  std::array<std::array<int, 2 * kMost>, kSharedCount> name{};
  std::array<int, kSharedCount> names{};
  for (std::size_t i = 0; i < processes.size(); ++i) {
    const Process& process = processes[at(order[i])];
    const int parent = process.parent == kOutside ? 0 : place[at(process.parent)] + 1;
    code = code << 3 | static_cast<unsigned>(parent);
    for (std::size_t cls = 0; cls < kSharedCount; ++cls) {
      int& number = name[cls][at(process.object[cls])];
      if (number == 0) number = ++names[cls];
      code = code << 3 | static_cast<unsigned>(number);
    }
  }
  return code;
}

/// The smallest packing over all orders.
std::uint64_t canonical(const Processes& processes) {
  std::array<int, kMost> order{};
  std::iota(order.begin(), order.end(), 0);
  std::uint64_t best = ~0ull;
  do {
    best = std::min(best, pack(processes, order));
  } while (
      std::next_permutation(order.begin(), order.begin() + static_cast<long>(processes.size())));
  return best;
}

Processes renumbered(const Processes& processes) {
  Processes result = processes;
  for (std::size_t cls = 0; cls < kSharedCount; ++cls) {
    std::array<int, 2 * kMost> name{};
    int names = 0;
    for (Process& process : result) {
      int& number = name[at(process.object[cls])];
      if (number == 0) number = ++names;
      process.object[cls] = number - 1;
    }
  }
  return result;
}

bool is_shared(const Processes& processes, std::size_t index, std::size_t cls) {
  return std::count_if(processes.begin(), processes.end(), [&](const Process& other) {
           return other.object[cls] == processes[index].object[cls];
         }) > 1;
}

template <class Use>
void each_clone(const Processes& from, Use&& use) {
  for (std::size_t creator = 0; creator < from.size(); ++creator)
    for (unsigned flags = 0; flags < 32; ++flags) {
      const bool vm = (flags & 1) != 0;
      const bool sighand = (flags & 2) != 0;
      if (sighand && !vm) continue;
      Process child = from[creator];
      if ((flags & 16) == 0) child.parent = static_cast<int>(creator);  // else CLONE_PARENT
      if (!vm) child.object[kMm] = kFresh;
      if (!sighand) child.object[kSighand] = kFresh;
      if ((flags & 4) == 0) child.object[kFiles] = kFresh;
      if ((flags & 8) == 0) child.object[kFs] = kFresh;
      Processes to = from;
      to.push_back(child);
      use(to);
    }
}

template <class Use>
void each_refresh(const Processes& from, Use&& use) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    for (const std::size_t cls : {kFiles, kFs}) {
      Processes to = from;
      to[i].object[cls] = kFresh;
      use(to);
    }
    Processes to = from;  // execve(2)
    to[i].object[kMm] = kFresh;
    if (is_shared(from, i, kSighand)) to[i].object[kSighand] = kFresh;
    if (is_shared(from, i, kFiles)) to[i].object[kFiles] = kFresh;
    use(to);
  }
}

/// A process exits; any ancestor may be the subreaper that adopts its children.
template <class Use>
void each_exit(const Processes& from, Use&& use) {
  for (std::size_t gone = 0; gone < from.size() && from.size() > 1; ++gone)
    for (int heir = from[gone].parent;; heir = from[at(heir)].parent) {
      Processes to;
      auto moved = [&](int index) { return index > static_cast<int>(gone) ? index - 1 : index; };
      for (std::size_t i = 0; i < from.size(); ++i) {
        if (i == gone) continue;
        Process process = from[i];
        if (process.parent == static_cast<int>(gone)) process.parent = heir;
        process.parent = moved(process.parent);
        to.push_back(process);
      }
      use(to);
      if (heir == kOutside) break;
    }
}

}  // namespace

Reachable::Reachable(int max_tasks) {
  RB_ASSERT(max_tasks >= 1 && max_tasks <= kMost);
  std::deque<Processes> queue;
  auto reach = [&](const Processes& processes) {
    if (known_.insert(canonical(processes)).second) queue.push_back(renumbered(processes));
  };
  reach({Process{}});
  while (!queue.empty()) {
    const Processes from = std::move(queue.front());
    queue.pop_front();
    if (static_cast<int>(from.size()) < max_tasks) each_clone(from, reach);
    each_refresh(from, reach);
    each_exit(from, reach);
  }
}

bool Reachable::contains(const SharingGraph& graph) const {
  Processes processes;
  for (const GraphTask& task : graph.tasks) processes.push_back({task.parent, task.object});
  return known_.contains(canonical(processes));
}

}  // namespace rb::test
