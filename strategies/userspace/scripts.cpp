#include "strategies/userspace/scripts.h"

#include <linux/sched.h>

#include <csignal>

#include "strategies/userspace/ops.h"

namespace rb {

void Scripts::finish(rst_op_kind last, Program& program) const {
  const rst_op last_op = ops::make(last, RST_STAGE_REGISTERS);
  std::size_t total = 2;
  for (const auto& list : lists_) total += list.empty() ? 0 : list.size() + 1;
  program.ops.clear();
  program.ops.reserve(total);
  program.ops.push_back(last_op);  // shared by all tasks that have no other
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    const bool coordinator = i + 1 == lists_.size();
    if (lists_[i].empty() && !coordinator) {
      program.tasks[i].first_op = 0;
      program.tasks[i].op_count = 1;
      continue;
    }
    program.tasks[i].first_op = static_cast<std::uint32_t>(program.ops.size());
    program.tasks[i].op_count = static_cast<std::uint32_t>(lists_[i].size() + 1);
    program.ops.insert(program.ops.end(), lists_[i].begin(), lists_[i].end());
    program.ops.push_back(coordinator ? ops::make(RST_SERVE, RST_STAGE_CREATE) : last_op);
  }
}

rst_op create_op(const SharingGraph& graph, const Step& step) {
  rst_op op = ops::make(RST_CREATE, RST_STAGE_CREATE);
  const auto shares = [&](Shared object) { return (step.share & share_bit(object)) != 0; };
  if (shares(Shared::kMm)) op.a |= CLONE_VM;
  if (shares(Shared::kSighand)) op.a |= CLONE_SIGHAND;
  if (shares(Shared::kFiles)) op.a |= CLONE_FILES;
  if (shares(Shared::kFs)) op.a |= CLONE_FS;
  // semadj lists are shared by threads as pthread_create(3) does it.
  if (step.thread) op.a |= CLONE_THREAD | CLONE_SYSVSEM;
  if (step.sibling) op.a |= CLONE_PARENT;
  const auto target = static_cast<std::size_t>(step.target);
  if (!step.thread && !step.sibling) {
    op.b = target < graph.tasks.size() ? static_cast<__u64>(graph.tasks[target].exit_signal)
                                       : static_cast<__u64>(SIGCHLD);
  }
  return op;
}

}  // namespace rb
