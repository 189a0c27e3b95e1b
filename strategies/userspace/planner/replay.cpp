#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <unordered_map>
#include <utility>

#include "strategies/userspace/planner/plan.h"

namespace rb {
namespace {

constexpr int kOutside = 0;  ///< number of the coordinator's session
constexpr int kNobody = -2;

std::size_t at(int index) { return static_cast<std::size_t>(index); }

/// A task as the kernel would have it. Groups are their leaders.
struct Live {
  enum class State { kNone, kRunning, kZombie, kReaped } state = State::kNone;
  int leader = kNobody;
  int parent = kNobody;  // a leader, or the coordinator
  std::array<int, kSharedCount> object{};
  int session = kOutside;
  bool leads_session = false;
  int exit_signal = 0;
  int threads = 0;  // running ones besides the leader
  int children = 0;
  bool subreaper = false;
};

/// Runs steps by the rules of clone(2), unshare(2), execve(2), setsid(2),
/// prctl(2) and wait(2). Shares no code with the planner.
class Machine {
 public:
  Machine(const SharingGraph& graph, const Plan& plan)
      : graph_(graph),
        tasks_(at(std::max(plan.task_count, static_cast<int>(graph.tasks.size())))) {}

  /// Empty, or why the step cannot be run.
  std::string run(const Step& step) {
    if (step.actor == kCoordinator) {
      if (step.kind == StepKind::kCreate) return create_root(step);
      return "the coordinator only creates the root";
    }
    if (!is_running(step.actor)) return "the actor does not run";
    switch (step.kind) {
      case StepKind::kCreate:
        return create(step);
      case StepKind::kUnshare:
        return unshare(step);
      case StepKind::kExec:
        return exec(step);
      case StepKind::kSetSid:
        return set_sid(step);
      case StepKind::kSubreaper:
        tasks_[at(group(step.actor))].subreaper = step.value;
        return {};
      case StepKind::kExit:
        return exit(step);
      case StepKind::kReap:
        return reap(step);
    }
    return "unknown step";
  }

  /// Empty, or how the tasks at the end differ from the graph.
  [[nodiscard]] std::string compare() const {
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      const bool wanted = i < graph_.tasks.size();
      const Live& task = tasks_[i];
      if (wanted && task.state != Live::State::kRunning)
        return fmt::format("task {} is missing", i);
      if (!wanted && (task.state == Live::State::kRunning || task.state == Live::State::kZombie))
        return fmt::format("throw-away task {} is left over", i);
      if (!wanted) continue;
      const GraphTask& want = graph_.tasks[i];
      if (task.leader != want.leader) return fmt::format("task {} is in the wrong group", i);
      if (task.leader != static_cast<int>(i)) continue;
      if (task.parent != want.parent) return fmt::format("task {} has the wrong parent", i);
      if (task.exit_signal != want.exit_signal)
        return fmt::format("task {} has the wrong exit signal", i);
      if (task.leads_session != want.session_leader)
        return fmt::format("task {}: session leader or not", i);
      if (task.subreaper) return fmt::format("task {} is left a subreaper", i);
    }
    for (std::size_t cls = 0; cls < kSharedCount; ++cls)
      if (auto wrong = compare_objects(cls); !wrong.empty()) return wrong;
    return compare_sessions();
  }

  std::array<int, kSharedCount> created{};

 private:
  [[nodiscard]] bool is_running(int task) const {
    return task >= 0 && at(task) < tasks_.size() && tasks_[at(task)].state == Live::State::kRunning;
  }
  [[nodiscard]] bool is_throwaway(int task) const { return at(task) >= graph_.tasks.size(); }
  [[nodiscard]] int group(int task) const { return tasks_[at(task)].leader; }

  int fresh(std::size_t cls) {
    ++created[cls];
    users_.push_back(1);
    return static_cast<int>(users_.size()) - 1;
  }
  void refresh_if_shared(Live& task, std::size_t cls) {
    int& object = task.object[cls];
    if (users_[at(object)] == 1) return;
    --users_[at(object)];
    object = fresh(cls);
  }

  [[nodiscard]] std::string cannot_be_made(int target) const {
    if (target < 0 || at(target) >= tasks_.size()) return "no such target";
    if (tasks_[at(target)].state != Live::State::kNone) return "the target exists";
    return {};
  }

  std::string create_root(const Step& step) {
    if (auto why = cannot_be_made(step.target); !why.empty()) return why;
    if (step.target != 0) return "the coordinator creates something else than the root";
    if (step.share != 0) return "the root shares with the coordinator";
    if (step.sibling || step.thread) return "CLONE_PARENT or CLONE_THREAD by the coordinator";
    Live& root = tasks_[0];
    root.state = Live::State::kRunning;
    root.leader = 0;
    root.parent = kCoordinator;
    root.exit_signal = graph_.tasks[0].exit_signal;
    for (std::size_t cls = 0; cls < kSharedCount; ++cls) root.object[cls] = fresh(cls);
    return {};
  }

  std::string create(const Step& step) {
    if (auto why = cannot_be_made(step.target); !why.empty()) return why;
    const bool vm = (step.share & share_bit(Shared::kMm)) != 0;
    const bool sighand = (step.share & share_bit(Shared::kSighand)) != 0;
    if (sighand && !vm) return "CLONE_SIGHAND without CLONE_VM";
    if (step.thread && !sighand) return "CLONE_THREAD without CLONE_SIGHAND";
    Live& child = tasks_[at(step.target)];
    const Live& by = tasks_[at(step.actor)];
    Live& leader = tasks_[at(by.leader)];
    for (std::size_t cls = 0; cls < kSharedCount; ++cls) {
      if ((step.share & share_bit(static_cast<Shared>(cls))) != 0) {
        child.object[cls] = by.object[cls];
        ++users_[at(child.object[cls])];
      } else {
        child.object[cls] = fresh(cls);
      }
    }
    child.state = Live::State::kRunning;
    if (step.thread) {
      child.leader = by.leader;
      ++leader.threads;
      return {};
    }
    child.leader = step.target;
    child.session = leader.session;
    child.parent = step.sibling ? leader.parent : by.leader;
    if (child.parent == kCoordinator) return "a second child of the coordinator";
    ++tasks_[at(child.parent)].children;
    if (step.sibling)
      child.exit_signal = leader.exit_signal;
    else
      child.exit_signal =
          is_throwaway(step.target) ? SIGCHLD : graph_.tasks[at(step.target)].exit_signal;
    return {};
  }

  std::string unshare(const Step& step) {
    constexpr ShareMask kAllowed = share_bit(Shared::kFiles) | share_bit(Shared::kFs);
    if ((step.share & ~kAllowed) != 0) return "unshare of an mm or sighand with several users";
    for (const Shared shared : {Shared::kFiles, Shared::kFs})
      if ((step.share & share_bit(shared)) != 0)
        refresh_if_shared(tasks_[at(step.actor)], static_cast<std::size_t>(shared));
    return {};
  }

  std::string exec(const Step& step) {
    Live& task = tasks_[at(step.actor)];
    if (task.leader != step.actor || task.threads != 0) return "exec in a group with threads";
    int& mm = task.object[static_cast<std::size_t>(Shared::kMm)];
    --users_[at(mm)];
    mm = fresh(static_cast<std::size_t>(Shared::kMm));
    refresh_if_shared(task, static_cast<std::size_t>(Shared::kSighand));
    refresh_if_shared(task, static_cast<std::size_t>(Shared::kFiles));
    task.exit_signal = SIGCHLD;
    return {};
  }

  std::string set_sid(const Step& step) {
    Live& task = tasks_[at(step.actor)];
    if (task.leader != step.actor) return "setsid by a thread";
    if (task.leads_session) return "setsid by a session leader";
    task.leads_session = true;
    task.session = next_session_++;
    for (Live& thread : tasks_)
      if (&thread != &task && thread.leader == step.actor) thread.session = task.session;
    return {};
  }

  std::string exit(const Step& step) {
    Live& task = tasks_[at(step.actor)];
    if (!is_throwaway(step.actor)) return "a task of the graph exits";
    if (task.leader == step.actor && task.threads != 0) return "a leader exits before its threads";
    if (task.leader != step.actor) return "throw-away threads are not planned";
    for (const int object : task.object) --users_[at(object)];
    task.state = Live::State::kZombie;
    if (task.children == 0) return {};
    int heir = task.parent;  // kernel/exit.c, find_new_reaper
    while (heir != kCoordinator && !tasks_[at(heir)].subreaper) heir = tasks_[at(heir)].parent;
    for (Live& child : tasks_) {
      if (child.parent != step.actor || child.leader == kNobody) continue;
      child.parent = heir;
      child.exit_signal = SIGCHLD;
      if (heir != kCoordinator) ++tasks_[at(heir)].children;
    }
    task.children = 0;
    return {};
  }

  std::string reap(const Step& step) {
    if (step.target < 0 || at(step.target) >= tasks_.size()) return "no such target";
    Live& task = tasks_[at(step.target)];
    if (task.state != Live::State::kZombie) return "the reaped task has not exited";
    if (task.parent != group(step.actor)) return "reaped by someone else than its parent";
    task.state = Live::State::kReaped;
    --tasks_[at(task.parent)].children;
    task.parent = kNobody;
    return {};
  }

  /// Graph numbers and ours must pair up one to one.
  [[nodiscard]] std::string compare_objects(std::size_t cls) const {
    Pairing pairing(users_.size());
    for (std::size_t i = 0; i < graph_.tasks.size(); ++i)
      if (const int other =
              pairing.add(graph_.tasks[i].object[cls], tasks_[i].object[cls], static_cast<int>(i));
          other >= 0)
        return fmt::format("{} of tasks {} and {}: shared or not",
                           shared_name(static_cast<Shared>(cls)), other, i);
    return {};
  }

  [[nodiscard]] std::string compare_sessions() const {
    Pairing pairing(at(next_session_));
    for (std::size_t i = 0; i < graph_.tasks.size(); ++i) {
      const GraphTask& want = graph_.tasks[i];
      if (want.leader != static_cast<int>(i)) continue;
      if ((want.session < 0) != (tasks_[i].session == kOutside))
        return fmt::format("task {}: the coordinator's session or not", i);
      if (pairing.add(want.session + 1, tasks_[i].session, static_cast<int>(i)) >= 0)
        return fmt::format("task {} is in the wrong session", i);
    }
    return {};
  }

  /// A one-to-one relation between two kinds of number, built pair by pair.
  class Pairing {
   public:
    explicit Pairing(std::size_t ours) : first_(ours, {-1, -1}) {}
    /// -1, or a task whose pair contradicts this one.
    int add(int graph_number, int our_number, int task) {
      auto& [paired, who] = first_[at(our_number)];
      if (paired < 0) {
        paired = graph_number;
        who = task;
        const auto [entry, added] = reverse_.try_emplace(graph_number, std::pair{our_number, task});
        return added ? -1 : entry->second.second;
      }
      return paired == graph_number ? -1 : who;
    }

   private:
    std::vector<std::pair<int, int>> first_;
    std::unordered_map<int, std::pair<int, int>> reverse_;
  };

  const SharingGraph& graph_;
  std::vector<Live> tasks_;
  std::vector<int> users_;  // by object number, over all classes
  int next_session_ = 1;
};

}  // namespace

Replay replay(const SharingGraph& graph, const Plan& plan) {
  Machine machine(graph, plan);
  Replay result;
  for (std::size_t i = 0; i < plan.steps.size() && result.mistake.empty(); ++i)
    if (auto why = machine.run(plan.steps[i]); !why.empty())
      result.mistake = fmt::format("step {}: {}", i, why);
  if (result.mistake.empty()) result.mistake = machine.compare();
  result.created = machine.created;
  return result;
}

}  // namespace rb
