#include "strategies/userspace/finals.h"

#include <algorithm>

#include "strategies/userspace/ops.h"
#include "strategies/userspace/ptys.h"

namespace rb {
namespace {

class Finals {
 public:
  Finals(const ImageAt& at, const DescriptorPlan& descriptors)
      : at_(at), image_(at.image()), descriptors_(descriptors), ops_(image_.tasks().size()) {}

  /// By task.
  std::vector<std::vector<rst_op>> run() {
    add_locks();
    // Before limits: it takes descriptors for a moment.
    if (!image_.ptys().empty()) {
      for (const rbi_group& group : image_.groups()) add_terminal(group);
    }
    for (const rbi_group& group : image_.groups()) add_process(group);
    for (std::size_t i = 0; i < ops_.size(); ++i) add_credentials(i);
    return std::move(ops_);
  }

 private:
  rst_op& add(std::size_t task, rst_op_kind kind) {
    ops_[task].push_back(ops::make(kind, RST_STAGE_REGISTERS));
    return ops_[task].back();
  }

  /// By the process that they are reported of; it has a descriptor of the file.
  void add_locks() {
    for (const rbi_lock& lock : image_.locks()) {
      if (lock.files == RBI_NONE) continue;
      const auto fds = image_.fds_of(image_.files()[lock.files]);
      const auto fd = std::find_if(fds.begin(), fds.end(),
                                   [&](const rbi_fd& have) { return have.ofd == lock.ofd; });
      RB_ASSERT(fd != fds.end());
      const auto groups = image_.groups();
      const auto owner = std::find_if(groups.begin(), groups.end(), [&](const rbi_group& group) {
        return image_.tasks()[group.leader].pid == lock.pid;
      });
      RB_ASSERT(owner != groups.end());
      rst_op& op = add(owner->leader, RST_LOCK);
      op.x = fd->fd;
      op.a = at_.of(&lock);
    }
  }

  void add_process(const rbi_group& group) {
    if (group.timer_count != 0) {
      rst_op& op = add(group.leader, RST_TIMERS);
      op.a = at_.of(&image_.timers()[group.timer_first]);
      op.y = group.timer_count;
    }
    if ((group.flags & RBI_GROUP_SUBREAPER) != 0) add(group.leader, RST_SUBREAPER).a = 1;
    if ((group.flags & RBI_GROUP_OOM_SCORE_ADJ) != 0) {
      add(group.leader, RST_OOM_SCORE).a =
          static_cast<std::uint64_t>(std::int64_t{group.oom_score_adj});
    }
    if (group.limit_count != 0) {
      rst_op& op = add(group.leader, RST_LIMITS);
      op.a = at_.of(&image_.limits()[group.limit_first]);
      op.y = group.limit_count;
    }
  }

  /// Process groups are complete, and who was born with a terminal has it.
  void add_terminal(const rbi_group& group) {
    const rbi_pty* pty = terminal_of(image_, group.sid);
    if (pty == nullptr) return;
    const auto add_op = [&](rst_terminal what) {
      ops_[group.leader].push_back(
          terminal_op(image_, *pty, what, descriptors_.stored, RST_STAGE_REGISTERS));
    };
    const bool leads = image_.tasks()[group.leader].pid == group.sid;
    if (leads && pty->foreground != group.pgid) add_op(RST_TERMINAL_FOREGROUND);
    if ((group.flags & RBI_GROUP_TERMINAL) == 0) add_op(RST_TERMINAL_GIVE_UP);
  }

  /// A change of ids makes an mm what no other may look at: set what it should be.
  void add_credentials(std::size_t task) {
    const rbi_task& record = image_.tasks()[task];
    const bool dumpable = (image_.mms()[record.mm].flags & RBI_MM_NOT_DUMPABLE) == 0;
    if (record.credentials != RBI_NONE) {
      const rbi_credentials& credentials = image_.credentials()[record.credentials];
      rst_op& op = add(task, RST_CREDENTIALS);
      op.a = at_.of(&credentials);
      op.b = at_.of(image_.gids().data() + credentials.gid_first);
      add(task, RST_DUMPABLE).a = dumpable ? 1 : 0;
      // It goes with such a change, too.
      if (credentials.death_signal != 0) add(task, RST_DEATH_SIGNAL).a = credentials.death_signal;
    } else if (!dumpable) {
      add(task, RST_DUMPABLE).a = 0;
    }
  }

  const ImageAt& at_;
  const Image& image_;
  const DescriptorPlan& descriptors_;
  std::vector<std::vector<rst_op>> ops_;
};

}  // namespace

void add_finals(const ImageAt& at, const DescriptorPlan& descriptors, Scripts& scripts,
                std::uint32_t& next_event) {
  const std::vector<std::vector<rst_op>> finals = Finals(at, descriptors).run();
  const bool any =
      std::any_of(finals.begin(), finals.end(), [](const auto& ops) { return !ops.empty(); });
  if (!any && descriptors.owners.empty()) return;
  const std::uint32_t settled = next_event++;
  const rst_op wait = ops::wait(settled, finals.size(), RST_STAGE_REGISTERS);
  for (std::size_t i = 0; i < finals.size(); ++i) {
    const auto task = static_cast<int>(i);
    scripts.add(task, ops::post(settled, RST_STAGE_REGISTERS));
    if (finals[i].empty()) continue;
    scripts.add(task, wait);
    scripts.add(task, finals[i]);
  }
  if (descriptors.owners.empty()) return;
  const std::uint32_t told = next_event++;
  scripts.add(kCoordinator, wait);
  scripts.add(kCoordinator, descriptors.owners);
  scripts.add(kCoordinator, ops::post(told, RST_STAGE_REGISTERS));
  scripts.add(0, ops::wait(told, 1, RST_STAGE_REGISTERS));
}

}  // namespace rb
