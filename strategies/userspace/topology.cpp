#include "strategies/userspace/topology.h"

namespace rb {
namespace {

constexpr int kNobody = -1;
constexpr int kSeveral = -2;

class Follower {
 public:
  Follower(const SharingGraph& graph, const Plan& plan) : graph_(graph), plan_(plan) {
    const auto tasks = static_cast<std::size_t>(plan.task_count);
    for (auto& held : topology_.held) held.assign(tasks, -1);
    topology_.founds_files.assign(plan.steps.size(), -1);
    topology_.copies.assign(tasks, 0);
    topology_.creator.assign(tasks, kCoordinator);
  }

  Topology run() {
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) follow_step(static_cast<int>(i));
    assign_owners();
    return std::move(topology_);
  }

 private:
  [[nodiscard]] static std::size_t index(int i) { return static_cast<std::size_t>(i); }

  int& held(std::size_t kind, int task) { return topology_.held[kind][index(task)]; }

  /// A new object of `task`, copied by `actor` from what it holds itself.
  void found(std::size_t kind, int actor, int task, int step) {
    auto& objects = topology_.objects[kind];
    const int source = actor == kCoordinator ? -1 : held(kind, actor);
    if (source >= 0) {
      int& copier = copiers_[kind][index(source)];
      copier = copier == kNobody || copier == actor ? actor : kSeveral;
      topology_.copies[index(actor)] = 1;
    }
    if (held(kind, task) >= 0) --users_[kind][index(held(kind, task))];
    held(kind, task) = static_cast<int>(objects.size());
    PlannedObject object;
    object.source = source;
    object.founder = task;
    object.step = step;
    objects.push_back(object);
    copiers_[kind].push_back(kNobody);
    users_[kind].push_back(1);
    if (kind == index(static_cast<int>(Shared::kFiles))) {
      topology_.founds_files[index(step)] = held(kind, task);
    }
  }

  [[nodiscard]] bool is_shared(std::size_t kind, int task) {
    return users_[kind][index(held(kind, task))] > 1;
  }

  void drop(int task) {
    for (std::size_t kind = 0; kind < kSharedCount; ++kind) {
      --users_[kind][index(held(kind, task))];
      held(kind, task) = -1;
    }
  }

  void follow_step(int number) {
    const Step& step = plan_.steps[index(number)];
    const auto bit = [&](std::size_t kind) { return (step.share >> kind & 1u) != 0; };
    switch (step.kind) {
      case StepKind::kCreate:
        topology_.creator[index(step.target)] = step.actor;
        for (std::size_t kind = 0; kind < kSharedCount; ++kind) {
          if (step.actor != kCoordinator && bit(kind)) {
            held(kind, step.target) = held(kind, step.actor);
            ++users_[kind][index(held(kind, step.target))];
          } else {
            found(kind, step.actor, step.target, number);
          }
        }
        break;
      case StepKind::kUnshare:
        for (std::size_t kind = 0; kind < kSharedCount; ++kind) {
          if (bit(kind) && is_shared(kind, step.actor)) {
            found(kind, step.actor, step.actor, number);
          }
        }
        break;
      case StepKind::kExec:
        follow_exec(step.actor, number);
        break;
      case StepKind::kExit:
        drop(step.actor);
        break;
      case StepKind::kSetSid:
      case StepKind::kSubreaper:
      case StepKind::kReap:
        break;
    }
  }

  /// exec(2): a new mm; its own sighand and files where they were shared.
  void follow_exec(int actor, int step) {
    for (const Shared kind : {Shared::kMm, Shared::kSighand, Shared::kFiles}) {
      const auto k = index(static_cast<int>(kind));
      auto& objects = topology_.objects[k];
      if (kind == Shared::kMm || is_shared(k, actor)) {
        found(k, actor, actor, step);
        objects.back().by_exec = true;
      } else {
        objects[index(held(k, actor))].exec_keeps = true;
      }
    }
  }

  /// The owner is the only task that copies the object if there is one, since
  /// it need not wait for anyone; else the first that holds it.
  void assign_owners() {
    for (std::size_t kind = 0; kind < kSharedCount; ++kind) {
      auto& objects = topology_.objects[kind];
      for (int task = 0; task < static_cast<int>(graph_.tasks.size()); ++task) {
        PlannedObject& object = objects[index(held(kind, task))];
        const int copier = copiers_[kind][index(held(kind, task))];
        object.final_index = graph_.tasks[index(task)].object[kind];
        if (object.owner < 0 || copier == task) object.owner = task;
      }
      for (std::size_t i = 0; i < objects.size(); ++i) {
        const int copier = copiers_[kind][i];
        objects[i].copied = copier != kNobody;
        objects[i].copied_by_others = copier != kNobody && copier != objects[i].owner;
      }
    }
  }

  const SharingGraph& graph_;
  const Plan& plan_;
  Topology topology_;
  std::array<std::vector<int>, kSharedCount> copiers_;
  std::array<std::vector<int>, kSharedCount> users_;
};

}  // namespace

Topology follow(const SharingGraph& graph, const Plan& plan) { return Follower(graph, plan).run(); }

}  // namespace rb
