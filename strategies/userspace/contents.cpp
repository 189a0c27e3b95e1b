#include "strategies/userspace/contents.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>

#include "strategies/userspace/advice.h"
#include "strategies/userspace/memory_ops.h"
#include "strategies/userspace/ops.h"
#include "strategies/userspace/restorer/bulk.h"
#include "strategies/userspace/table_fill.h"

namespace rb {
namespace {

constexpr __u32 kDefaultUmask = 022;  // the coordinator's

[[nodiscard]] rst_op op_with(rst_op_kind kind, rst_stage stage, std::uint64_t a) {
  rst_op op = ops::make(kind, stage);
  op.a = a;
  return op;
}

}  // namespace

std::uint32_t Contents::count_copiers() const {
  std::uint32_t count = 0;
  for (const char copies : topology_.copies) count += copies != 0 ? 1 : 0;
  return count;
}

bool Contents::someone_waits() const {
  for (const auto& objects : topology_.objects) {
    for (const PlannedObject& object : objects) {
      if (object.copied_by_others && object.owner >= 0) return true;
    }
  }
  return false;
}

void Contents::wait_for_topology(int task, const PlannedObject& object, rst_stage stage) {
  if (object.copied_by_others) scripts_.add(task, ops::wait(kTopologyEvent, copiers_, stage));
}

Status Contents::add_all(const std::vector<std::uint32_t>& born_in) {
  const auto tasks = image_.tasks();
  copiers_ = count_copiers();
  if (someone_waits()) {
    for (int task = 0; task < static_cast<int>(topology_.copies.size()); ++task) {
      if (topology_.copies[static_cast<std::size_t>(task)] == 0) continue;
      auto& script = scripts_.of(task);
      const bool exits = !script.empty() && script.back().kind == RST_EXIT;
      script.insert(exits ? script.end() - 1 : script.end(),
                    ops::post(kTopologyEvent, RST_STAGE_CREATE));
    }
  }
  RB_TRY(add_process_groups(born_in));
  add_zombies();
  find_rseq_waits();
  find_own_runs();
  find_temporary_users();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto task = static_cast<int>(i);
    add_memory(task);
    add_files(task);
    add_fs(task);
    add_signals(task);
    if (tasks[i].rseq == 0 || topology_.object_of(Shared::kMm, task).owner == task) continue;
    if (const auto event = mm_events_.find(tasks[i].mm); event != mm_events_.end()) {
      scripts_.add(task, ops::wait(event->second, 1, RST_STAGE_REGISTERS));
    }
  }
  return {};
}

/// Threads besides the leader that create tasks, by leader.
void Contents::find_creating_threads() {
  for (const int creator : topology_.creator) {
    if (creator < 0 || static_cast<std::size_t>(creator) >= image_.tasks().size()) continue;
    const __u32 group = image_.tasks()[static_cast<std::size_t>(creator)].group;
    const auto leader = static_cast<int>(image_.groups()[group].leader);
    if (leader != creator) creating_threads_[leader].insert(creator);
  }
}

/// Processes are born in their creator's process group, which is one for all of
/// its threads: it must not change before the last of them has created.
void Contents::wait_for_creating_threads(int leader) {
  const auto threads = creating_threads_.find(leader);
  if (threads == creating_threads_.end()) return;
  const std::uint32_t event = next_event_++;
  for (const int thread : threads->second) {
    scripts_.add(thread, ops::post(event, RST_STAGE_CREATE));
  }
  scripts_.add(leader, ops::wait(event, threads->second.size(), RST_STAGE_ATTACH));
}

Status Contents::add_process_groups(const std::vector<std::uint32_t>& born_in) {
  find_creating_threads();
  std::unordered_map<__u32, std::uint32_t> founded;  // process group → event
  const auto groups = image_.groups();
  const auto tasks = image_.tasks();
  for (const rbi_group& group : groups) {
    const bool founds =
        group.pgid == tasks[group.leader].pid && born_in[group.leader] != group.pgid;
    if (!founds) continue;
    const auto leader = static_cast<int>(group.leader);
    wait_for_creating_threads(leader);
    founded.emplace(group.pgid, next_event_);
    scripts_.add(leader, op_with(RST_SETPGID, RST_STAGE_ATTACH, 0));
    scripts_.add(leader, ops::post(next_event_++, RST_STAGE_ATTACH));
  }
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const rbi_group& group = groups[i];
    if (born_in[group.leader] == group.pgid || group.pgid == tasks[group.leader].pid) continue;
    const auto event = founded.find(group.pgid);
    const auto leader = static_cast<int>(group.leader);
    wait_for_creating_threads(leader);
    if (event != founded.end()) {
      scripts_.add(leader, ops::wait(event->second, 1, RST_STAGE_ATTACH));
    } else {
      bool leads_session = false;
      for (const rbi_group& other : groups) {
        leads_session =
            leads_session || (tasks[other.leader].pid == group.pgid && other.sid == group.pgid);
      }
      if (!leads_session) {
        return fail(ErrorKind::kUnsupported,
                    fmt::format("group {} (pid {}) is in process group {}, whose leader is not in "
                                "the image",
                                i, tasks[group.leader].pid, group.pgid),
                    "stock system calls cannot found a process group without its leader");
      }
    }
    scripts_.add(leader, op_with(RST_SETPGID, RST_STAGE_ATTACH, group.pgid));
  }
  return {};
}

/// They have their parent's session and group, and tell a parent that may ignore it:
/// before its signal actions are set.
void Contents::add_zombies() {
  for (const rbi_zombie& zombie : image_.zombies()) {
    const auto parent = static_cast<int>(image_.groups()[zombie.parent].leader);
    scripts_.add(parent, op_with(RST_ZOMBIE, RST_STAGE_ATTACH, at_.of(&zombie)));
  }
}

/// Whether restoring an mm opens descriptors for a moment.
bool Contents::takes_descriptors(const PlannedObject& object, int task) const {
  const rbi_mm& mm = mm_of(object);
  const CommonMemory& had = inherited_by(task);
  if (mm.exe != RBI_NONE && had.layout == nullptr) return true;
  for (const rbi_vma& vma : image_.vmas_of(mm)) {
    if (vma.backing != RBI_NONE && had.find(vma) == nullptr) return true;
  }
  return false;
}

/// When it founded its session: by a descriptor of its own.
bool Contents::has_taken_terminal(int task) const {
  const rbi_task& record = image_.tasks()[static_cast<std::size_t>(task)];
  const rbi_group& group = image_.groups()[record.group];
  return group.leader == static_cast<__u32>(task) && group.sid == record.pid &&
         (group.flags & RBI_GROUP_TERMINAL) != 0;
}

/// A table is filled by number, so nobody else may have one open in it then.
void Contents::find_temporary_users() {
  for (std::size_t i = 0; i < image_.tasks().size(); ++i) {
    const auto task = static_cast<int>(i);
    const PlannedObject& mm = topology_.object_of(Shared::kMm, task);
    const PlannedObject& files = topology_.object_of(Shared::kFiles, task);
    if (files.owner == task) continue;
    const bool maps = mm.owner == task && takes_descriptors(mm, task);
    const bool took_terminal = has_taken_terminal(task);
    if (!maps && !took_terminal) continue;
    const auto [at, added] = temporary_users_.try_emplace(files.owner, TemporaryUsers{});
    if (added) at->second.event = next_event_++;
    at->second.count += (maps ? 1 : 0) + (took_terminal ? 1 : 0);
    if (took_terminal) scripts_.add(task, ops::post(at->second.event, RST_STAGE_ATTACH));
  }
}

const rbi_mm& Contents::mm_of(const PlannedObject& object) const {
  return image_.mms()[static_cast<std::size_t>(object.final_index)];
}

/// What the task's mm has in common with most others, if it was born with that.
const CommonMemory& Contents::inherited_by(int task) const {
  static const CommonMemory kNothing;
  const int object =
      topology_.held[static_cast<std::size_t>(Shared::kMm)][static_cast<std::size_t>(task)];
  return common_.inherited[static_cast<std::size_t>(object)] != 0 ? common_ : kNothing;
}

void Contents::add_memory(int task) {
  const PlannedObject& object = topology_.object_of(Shared::kMm, task);
  if (object.owner != task) return;
  const rbi_mm& mm = mm_of(object);
  const PlannedObject& files = topology_.object_of(Shared::kFiles, task);
  const bool temporary = takes_descriptors(object, task);
  wait_for_topology(task, object, RST_STAGE_MEMORY);
  // A temporary descriptor must not end up in somebody's copy of the table.
  // For the same reason userfaultfd(2) is for the table's owner only: others' is not foreseen.
  const bool bulk = files.owner == task && has_much(mm);
  if (temporary || bulk) wait_for_topology(task, files, RST_STAGE_MEMORY);

  if ((mm.flags & RBI_MM_NO_HUGE_PAGES) != 0) {
    scripts_.add(task, ops::make(RST_NO_HUGE_PAGES, RST_STAGE_MEMORY));
  }
  if (!is_mapped_early(object)) map(task, mm);
  fill(task, mm, bulk);
  if ((mm.flags & RBI_MM_LAYOUT) != 0 && inherited_by(task).layout == nullptr) {
    scripts_.add(task, set_layout(at_, mm));
  }
  if (temporary && files.owner != task) {
    scripts_.add(task, ops::post(temporary_users_.at(files.owner).event, RST_STAGE_MEMORY));
  }
  const auto event = mm_events_.find(static_cast<__u32>(object.final_index));
  if (event != mm_events_.end()) {
    scripts_.add(task, ops::post(event->second, RST_STAGE_MEMORY));
  }
}

/// Whether there may be a run that is filled in bulk.
bool Contents::has_much(const rbi_mm& mm) const {
  std::uint64_t pages = 0;
  for (const rbi_run& run : image_.runs_of(mm)) pages += run.pages;
  return pages * RBI_PAGE_SIZE >= RST_FILL_ABSENT_MIN;
}

bool Contents::is_mapped_early(const PlannedObject& mm) const {
  return !mm.copied && mm.owner == mm.founder && !takes_descriptors(mm, mm.owner);
}

void Contents::add_early_mappings(int founder, std::size_t step) {
  const PlannedObject& object = topology_.object_of(Shared::kMm, founder);
  if (!is_mapped_early(object) || object.step != static_cast<int>(step)) return;
  map(founder, mm_of(object));
}

/// From the VMAs that the mm was born with to its own.
void Contents::map(int task, const rbi_mm& mm) {
  const CommonMemory& had = inherited_by(task);
  const auto vmas = image_.vmas_of(mm);
  std::size_t next = 0;
  for (const CommonVma& common : had.vmas) {
    while (next < vmas.size() && vmas[next].start < common.vma.start) ++next;
    if (next == vmas.size() || had.find(vmas[next]) != &common) {
      scripts_.add(task, unmap_vma(common.vma));
    }
  }
  auto runs = image_.runs_of(mm);
  const std::size_t first = scripts_.of(task).size();
  for (const rbi_vma& vma : vmas) {
    const auto inside = runs_below(runs, vma.end);
    runs = runs.subspan(inside.size());
    if (had.find(vma) != nullptr) continue;
    const __u32 prot = inside.empty() ? vma.prot : vma.prot | PROT_WRITE;
    scripts_.add(task, map_vma(at_, descriptors_, vma, prot, inside));
  }
  open_once(scripts_.of(task), first);
  advise_before_contents(vmas, had, scripts_.of(task));
}

/// Meanwhile memory that is filled by userfaultfd(2) must not be touched by the kernel for another
/// task, as it does with the rseq area of one that registers it.
bool Contents::is_written_by_kernel(const rst_op& fill, int owner) const {
  const auto tasks = image_.tasks();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const rbi_task& task = tasks[i];
    if (static_cast<int>(i) == owner || task.mm != tasks[static_cast<std::size_t>(owner)].mm)
      continue;
    if (task.rseq + task.rseq_len > fill.a && task.rseq < fill.a + fill.b) return true;
  }
  return false;
}

/// @param bulk  whether the task may have a descriptor for a moment
void Contents::fill(int task, const rbi_mm& mm, bool bulk) {
  const CommonMemory& had = inherited_by(task);
  auto runs = image_.runs_of(mm);
  for (const rbi_vma& vma : image_.vmas_of(mm)) {
    const auto inside = runs_below(runs, vma.end);
    runs = runs.subspan(inside.size());
    const CommonVma* common = had.find(vma);
    if (common != nullptr && common->complete) continue;
    auto& script = scripts_.of(task);
    const std::size_t first = script.size();
    fill_runs(
        at_, inside, [&](const rbi_run& run) { return restored_by_.contains(&run); }, script);
    if (bulk) {
      fill_in_bulk(std::span(script).subspan(first),
                   [&](const rst_op& op) { return !is_written_by_kernel(op, task); });
    }
    const __u32 mapped = common != nullptr ? common->prot
                         : inside.empty()  ? vma.prot
                                           : vma.prot | PROT_WRITE;
    if (mapped != vma.prot) scripts_.add(task, protect_vma(vma));
  }
  advise_after_contents(image_.vmas_of(mm), mm, scripts_.of(task));
}

/// The kernel writes to a registered rseq area: its mapping must be there before
/// a task that is not the mm's owner registers.
void Contents::find_rseq_waits() {
  const auto tasks = image_.tasks();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto task = static_cast<int>(i);
    const PlannedObject& mm = topology_.object_of(Shared::kMm, task);
    if (tasks[i].rseq == 0 || mm.owner == task || is_mapped_early(mm)) continue;
    if (mm_events_.try_emplace(tasks[i].mm, next_event_).second) ++next_event_;
  }
}

/// What a thread's stack pointer points into, the thread restores itself: in
/// parallel with others, and into pages that it is about to touch.
void Contents::find_own_runs() {
  const auto tasks = image_.tasks();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto task = static_cast<int>(i);
    const PlannedObject& object = topology_.object_of(Shared::kMm, task);
    if (object.owner == task || !is_mapped_early(object)) continue;
    const rbi_mm& mm = mm_of(object);
    const std::uint64_t stack = image_.registers()[tasks[i].registers].rsp;
    const auto runs = image_.runs_of(mm);
    const auto run = std::partition_point(runs.begin(), runs.end(), [&](const rbi_run& r) {
      return r.address + r.pages * RBI_PAGE_SIZE <= stack;
    });
    if (run == runs.end() || run->address > stack) continue;
    const auto vmas = image_.vmas_of(mm);
    const auto vma = std::partition_point(vmas.begin(), vmas.end(),
                                          [&](const rbi_vma& v) { return v.end <= stack; });
    // Others are writable only until the owner has protected them.
    if (vma == vmas.end() || vma->start > stack || (vma->prot & PROT_WRITE) == 0) continue;
    if (restored_by_.try_emplace(&*run, task).second) own_runs_.emplace(task, &*run);
  }
}

void Contents::add_files(int task) {
  const auto kFiles = static_cast<std::size_t>(Shared::kFiles);
  const PlannedObject& object = topology_.object_of(Shared::kFiles, task);
  const auto index =
      static_cast<std::size_t>(topology_.held[kFiles][static_cast<std::size_t>(task)]);
  if (object.owner != task || descriptors_.tables[index].early) return;
  wait_for_topology(task, object, RST_STAGE_OPEN_FILES);
  if (const auto users = temporary_users_.find(task); users != temporary_users_.end()) {
    scripts_.add(task, ops::wait(users->second.event, users->second.count, RST_STAGE_OPEN_FILES));
  }
  scripts_.add(task, descriptors_.tables[index].fill);
}

void Contents::add_fs(int task) {
  const PlannedObject& object = topology_.object_of(Shared::kFs, task);
  if (object.owner != task) return;
  const rbi_fs& fs = image_.fs()[static_cast<std::size_t>(object.final_index)];
  const bool chroots = image_.string(fs.root) != "/";
  const bool moves = image_.string(fs.cwd) != "/";
  if (!chroots && !moves && fs.umask == kDefaultUmask) return;
  wait_for_topology(task, object, RST_STAGE_ATTACH);
  // The working directory is named from the real root: first there, then chroot.
  if (moves) scripts_.add(task, op_with(RST_CHDIR, RST_STAGE_ATTACH, at_.of_string(fs.cwd)));
  if (chroots) scripts_.add(task, op_with(RST_CHROOT, RST_STAGE_ATTACH, at_.of_string(fs.root)));
  if (fs.umask != kDefaultUmask) {
    scripts_.add(task, op_with(RST_UMASK, RST_STAGE_ATTACH, fs.umask));
  }
}

void Contents::add_signals(int task) {
  const rbi_task& record = image_.tasks()[static_cast<std::size_t>(task)];
  const PlannedObject& object = topology_.object_of(Shared::kSighand, task);
  if (object.owner == task) {
    const auto actions =
        image_.actions_of(image_.sighands()[static_cast<std::size_t>(object.final_index)]);
    if (!actions.empty()) {
      wait_for_topology(task, object, RST_STAGE_ATTACH);
      rst_op op = op_with(RST_ACTIONS, RST_STAGE_ATTACH, at_.of(actions.data()));
      op.y = static_cast<__u32>(actions.size());
      scripts_.add(task, op);
    }
  }
  const auto queue = [&](__u32 first, __u32 count, __u32 shared) {
    if (count == 0) return;
    rst_op op = op_with(RST_QUEUE, RST_STAGE_REGISTERS, at_.of(&image_.pending()[first]));
    op.x = shared;
    op.y = count;
    scripts_.add(task, op);
  };
  queue(record.pending_first, record.pending_count, 0);
  const rbi_group& group = image_.groups()[record.group];
  if (group.leader != static_cast<__u32>(task)) return;
  queue(group.pending_first, group.pending_count, 1);
  for (const rbi_itimer& timer : group.itimers) {
    if (timer.value == 0 && timer.interval == 0) continue;
    scripts_.add(task, op_with(RST_ITIMERS, RST_STAGE_REGISTERS, at_.of(group.itimers)));
    break;
  }
}

}  // namespace rb
