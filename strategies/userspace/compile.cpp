#include "strategies/userspace/compile.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <linux/sched.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "strategies/userspace/contents.h"
#include "strategies/userspace/finals.h"
#include "strategies/userspace/memory_ops.h"
#include "strategies/userspace/ops.h"
#include "strategies/userspace/ptys.h"
#include "strategies/userspace/scripts.h"

namespace rb {
namespace {

constexpr std::string_view kCoordinatorName = "rst-coordinator";

class Compiler {
 public:
  Compiler(const ImageAt& at, const SharingGraph& graph, const Plan& plan, DescriptorOrder order,
           const CreatorSize& creator)
      : at_(at),
        image_(at.image()),
        graph_(graph),
        plan_(plan),
        sheds_(creator.descriptors > 0 || creator.memory > 0),
        topology_(follow(graph, plan)),
        descriptors_(plan_descriptors(at, topology_, order, plan.execs > 0 ? kExecDescriptors : 0,
                                      creator.descriptors > 0)),
        common_(plan_common_memory(at.image(), topology_)),
        scripts_(plan.task_count),
        contents_(at, topology_, descriptors_, common_, scripts_) {
    const auto tasks = static_cast<std::size_t>(plan.task_count);
    creates_.assign(tasks, 0);
    process_group_.assign(graph.tasks.size(), 0);
    program_.slots.resize(tasks + 1);
    program_.tasks.resize(tasks + 1);
  }

  Result<Program> run() {
    const auto count = static_cast<std::uint32_t>(image_.tasks().size());
    program_.expected = count;
    fill_slots();
    mark_creators();
    scripts_.add(kCoordinator, ops::make(RST_LEAD, RST_STAGE_CREATE));
    scripts_.add(kCoordinator, descriptors_.store);
    scripts_.add(kCoordinator, common_memory_ops(at_, descriptors_, common_));
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) add_step(i);

    RB_TRY(contents_.add_all(process_group_));
    for (std::size_t i = 0; i < graph_.tasks.size(); ++i) {
      program_.tasks[i].contents = contents_.restored_by(static_cast<int>(i));
    }
    program_.event_count = contents_.event_count();
    add_finals(at_, descriptors_, scripts_, program_.event_count);
    scripts_.finish(RST_FINISH, program_);
    return std::move(program_);
  }

 private:
  [[nodiscard]] bool in_image(int task) const {
    return task >= 0 && static_cast<std::size_t>(task) < graph_.tasks.size();
  }
  [[nodiscard]] std::string_view name_of(int task) const {
    if (task == kCoordinator) return kCoordinatorName;
    return in_image(task) ? image_.tasks()[static_cast<std::size_t>(task)].name : "";
  }

  void fill_slots() {
    std::unordered_set<__u32> taken;
    for (std::size_t i = 0; i < program_.slots.size(); ++i) {
      rst_slot& slot = program_.slots[i];
      slot = rst_slot{};
      if (i >= image_.tasks().size()) continue;
      const rbi_task& task = image_.tasks()[i];
      const rbi_registers& registers = image_.registers()[task.registers];
      slot.pid = task.pid;
      slot.tls = registers.fs_base;
      slot.clear_child_tid = task.clear_child_tid;
      program_.tasks[i].record = &task;
      if (image_.groups()[task.group].leader != i) slot.flags |= RST_SLOT_THREAD;
      if (plan_.throwaways > 0) taken.insert(task.pid);
    }
    for (const rbi_zombie& zombie : image_.zombies()) taken.insert(zombie.pid);
    // Throw-away tasks must not take a number that the image needs.
    __u32 pid = 2;
    for (std::size_t i = image_.tasks().size(); i + 1 < program_.slots.size(); ++i) {
      while (taken.contains(pid)) ++pid;
      program_.slots[i].pid = pid++;
      program_.slots[i].flags = RST_SLOT_THROWAWAY;
    }
    for (std::size_t i = 0; i < image_.tasks().size(); ++i) {
      const auto task = static_cast<int>(i);
      if (topology_.object_of(Shared::kMm, task).owner == task) {
        program_.slots[i].flags |= RST_SLOT_MM_OWNER;
      }
    }
  }

  void mark_creators() {
    for (const Step& step : plan_.steps) {
      if (step.kind == StepKind::kCreate && step.actor != kCoordinator) {
        creates_[static_cast<std::size_t>(step.actor)] = 1;
      }
    }
  }

  void add_step(std::size_t number) {
    const Step& step = plan_.steps[number];
    if (plan_.ordered) {
      scripts_.add(step.actor, ops::wait(kTicketEvent, number, RST_STAGE_CREATE));
      // An exiting task can't say so afterwards; whoever reaps it waits anyway.
      if (step.kind == StepKind::kExit) {
        scripts_.add(step.actor, ops::post(kTicketEvent, RST_STAGE_CREATE));
      }
    }
    perform(number, step);
    if (plan_.ordered && step.kind != StepKind::kExit) {
      scripts_.add(step.actor, ops::post(kTicketEvent, RST_STAGE_CREATE));
    }
    // Contents that do not wait for the topology come after the ticket.
    const int table = topology_.founds_files[number];
    if (table >= 0) {
      const TablePlan& plan = descriptors_.tables[static_cast<std::size_t>(table)];
      const int founder = topology_.objects[kFiles][static_cast<std::size_t>(table)].founder;
      if (plan.early) scripts_.add(founder, plan.fill);
    }
  }

  void perform(std::size_t number, const Step& step) {
    switch (step.kind) {
      case StepKind::kCreate:
        create(number, step);
        break;
      case StepKind::kUnshare:
        unshare(number, step);
        break;
      case StepKind::kExec:
        exec(number, step.actor);
        break;
      case StepKind::kSetSid:
        scripts_.add(step.actor, ops::make(RST_SETSID, RST_STAGE_ATTACH));
        take_terminal(step.actor);
        set_process_group(step.actor, image_.tasks()[static_cast<std::size_t>(step.actor)].pid);
        break;
      case StepKind::kSubreaper: {
        rst_op op = ops::make(RST_SUBREAPER, RST_STAGE_CREATE);
        op.a = step.value ? 1 : 0;
        scripts_.add(step.actor, op);
        break;
      }
      case StepKind::kExit:
        scripts_.add(step.actor, ops::make(RST_EXIT, RST_STAGE_CREATE));
        break;
      case StepKind::kReap: {
        rst_op op = ops::make(RST_REAP, RST_STAGE_CREATE);
        op.x = scripts_.slot(step.target);
        scripts_.add(step.actor, op);
        break;
      }
    }
  }

  /// Before it has children, which are born with it.
  void take_terminal(int leader) {
    const __u32 sid = image_.tasks()[static_cast<std::size_t>(leader)].pid;
    const rbi_pty* terminal = terminal_of(image_, sid);
    if (terminal == nullptr) return;
    scripts_.add(leader, terminal_op(image_, *terminal, RST_TERMINAL_TAKE, descriptors_.stored,
                                     RST_STAGE_ATTACH));
  }

  void create(std::size_t number, const Step& step) {
    rst_op op = create_op(graph_, step);
    const int table = topology_.founds_files[number];
    const TableBirth birth =
        table < 0 ? TableBirth::kCopy : descriptors_.tables[static_cast<std::size_t>(table)].birth;
    if (birth != TableBirth::kCopy) op.a |= CLONE_FILES;
    scripts_.create(step.actor, scripts_.slot(step.target), op);
    replace_table(step.target, birth);
    if (sheds_ && step.actor == kCoordinator) {
      scripts_.add(step.target, ops::make(RST_SHED, RST_STAGE_CREATE));
    }

    // A process is born into its creator's process group.
    if (in_image(step.target) && !step.thread) {
      set_process_group(step.target, process_group(step.actor));
    }
    if (in_image(step.target) && (step.share & share_bit(Shared::kMm)) == 0) {
      contents_.add_early_mappings(step.target, number);
    }
    // Whoever has children takes its name first, so that they inherit it.
    if (!in_image(step.target)) return;
    if (name_of(step.target) == name_of(step.actor)) return;
    if (creates_[static_cast<std::size_t>(step.target)] != 0) {
      set_name(step.target);
    } else {
      program_.tasks[scripts_.slot(step.target)].flags |= RST_PACKET_NAME;
    }
  }

  void set_name(int task) {
    rst_op op = ops::make(RST_NAME, RST_STAGE_REGISTERS);
    op.a = at_.of(image_.tasks()[static_cast<std::size_t>(task)].name);
    scripts_.add(task, op);
  }

  /// Makes the task's table its own where it was shared only to avoid a copy.
  void replace_table(int task, TableBirth birth) {
    if (birth == TableBirth::kPunch) {
      scripts_.add(task, ops::close_range(0, ~0u, CLOSE_RANGE_UNSHARE));
    } else if (birth == TableBirth::kUnshareClose) {
      scripts_.add(task, ops::unshare(CLONE_FILES, RST_STAGE_OPEN_FILES));
      scripts_.add(task, ops::close_range(0, ~0u));
    }
  }

  void unshare(std::size_t number, const Step& step) {
    std::uint64_t flags = 0;
    if ((step.share & share_bit(Shared::kFs)) != 0) flags |= CLONE_FS;
    const int table = topology_.founds_files[number];
    if (table >= 0) {
      const TableBirth birth = descriptors_.tables[static_cast<std::size_t>(table)].birth;
      if (birth == TableBirth::kCopy) {
        flags |= CLONE_FILES;
      } else {
        replace_table(step.actor, birth);
      }
    }
    if (flags != 0) scripts_.add(step.actor, ops::unshare(flags, RST_STAGE_ATTACH));
  }

  void exec(std::size_t number, int actor) {
    scripts_.add(actor, ops::make(RST_EXEC, RST_STAGE_CREATE));
    rst_slot& slot = program_.slots[scripts_.slot(actor)];
    slot.tls = slot.clear_child_tid = 0;  // the exec would undo them
    program_.tasks[scripts_.slot(actor)].flags |= RST_PACKET_SET_TLS;
    const int table = topology_.held[kFiles][static_cast<std::size_t>(actor)];
    scripts_.add(actor, descriptors_.tables[static_cast<std::size_t>(table)].refill);
    contents_.add_early_mappings(actor, number);
    set_name(actor);
  }

  [[nodiscard]] std::uint32_t process_group(int task) const {
    if (!in_image(task)) {
      // A throw-away task never founds a group: its creator's.
      return task == kCoordinator
                 ? 0
                 : process_group(topology_.creator[static_cast<std::size_t>(task)]);
    }
    return process_group_[static_cast<std::size_t>(
        graph_.tasks[static_cast<std::size_t>(task)].leader)];
  }
  void set_process_group(int task, std::uint32_t group) {
    process_group_[static_cast<std::size_t>(task)] = group;
  }

  static constexpr auto kFiles = static_cast<std::size_t>(Shared::kFiles);

  const ImageAt& at_;
  const Image& image_;
  const SharingGraph& graph_;
  const Plan& plan_;
  bool sheds_;
  Topology topology_;
  DescriptorPlan descriptors_;
  CommonMemory common_;
  Scripts scripts_;
  Contents contents_;
  Program program_;
  std::vector<char> creates_;
  std::vector<std::uint32_t> process_group_;  // by leader task: at the step at hand
};

}  // namespace

Result<Program> compile(const ImageAt& at, const SharingGraph& graph, const Plan& plan,
                        DescriptorOrder order, const CreatorSize& creator) {
  return Compiler(at, graph, plan, order, creator).run();
}

}  // namespace rb
