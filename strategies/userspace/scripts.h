// Ops of many tasks under construction.
#pragma once

#include <cstdint>
#include <vector>

#include "strategies/userspace/compile.h"

namespace rb {

/// One list of ops a slot; most tasks of a big tree have nothing but their last
/// op, which they then share.
class Scripts {
 public:
  explicit Scripts(int tasks) : lists_(static_cast<std::size_t>(tasks) + 1) {}

  /// The slot of a task; kCoordinator's is the last.
  [[nodiscard]] std::uint32_t slot(int task) const {
    return task == kCoordinator ? static_cast<std::uint32_t>(lists_.size() - 1)
                                : static_cast<std::uint32_t>(task);
  }
  [[nodiscard]] std::vector<rst_op>& of(int task) { return lists_[slot(task)]; }

  void add(int task, const rst_op& op) { of(task).push_back(op); }
  void add(int task, const std::vector<rst_op>& ops) {
    of(task).insert(of(task).end(), ops.begin(), ops.end());
  }

  /// Appends "clone target"; consecutive targets with equal flags are one op.
  void create(int actor, std::uint32_t target, const rst_op& op) {
    auto& list = of(actor);
    if (!list.empty()) {
      rst_op& last = list.back();
      if (last.kind == op.kind && last.x + last.y == target && last.a == op.a && last.b == op.b) {
        ++last.y;
        return;
      }
    }
    list.push_back(op);
    list.back().x = target;
    list.back().y = 1;
  }

  /// Puts all lists into one array, each followed by its last op: RST_SERVE for
  /// the coordinator, `last` for the others.
  void finish(rst_op_kind last, Program& program) const;

 private:
  std::vector<std::vector<rst_op>> lists_;
};

/// The flags and exit signal of clone3(2) for a kCreate step.
[[nodiscard]] rst_op create_op(const SharingGraph& graph, const Step& step);

}  // namespace rb
