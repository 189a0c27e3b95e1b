// Check blocks: what each task must see, said once per mm where it is the same.
#include <sys/mman.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "workloads/synthetic/fd_checks.h"
#include "workloads/synthetic/layout.h"
#include "workloads/synthetic/purposes.h"

namespace rb {
namespace {

constexpr std::uint64_t kWordsPerPage = RBI_PAGE_SIZE / sizeof(__u64);

/// Collects ranges; what lies between runs has contents of its own.
class RangeList {
 public:
  void pattern(std::uint64_t address, std::uint64_t pages, std::uint64_t seed,
               std::uint64_t first_page = 0) {
    if (pages == 0) return;
    ranges_.push_back({.address = address,
                       .words = pages * kWordsPerPage,
                       .seed = seed,
                       .first = first_page * kWordsPerPage,
                       .zero = 0,
                       .reserved = 0});
  }
  void zero(std::uint64_t address, std::uint64_t pages) {
    pattern(address, pages, 0);
    if (pages != 0) ranges_.back().zero = 1;
  }
  std::vector<payload_range> take() { return std::move(ranges_); }

 private:
  std::vector<payload_range> ranges_;
};

/// Calls run(run, pages before its first one that are in the window) and
/// gap(first, pages) for a window of pages, in ascending order.
template <class OnRun, class OnGap>
void split(const std::vector<PatternRun>& runs, std::uint64_t begin, std::uint64_t end,
           OnRun on_run, OnGap on_gap) {
  std::uint64_t next = begin;
  for (const PatternRun& run : runs) {
    const std::uint64_t from = std::max(run.first, begin);
    const std::uint64_t to = std::min(run.first + run.pages, end);
    if (from >= to) continue;
    on_gap(next, from - next);
    on_run(run, from, to - from);
    next = to;
  }
  on_gap(next, end - next);
}

}  // namespace

std::vector<payload_range> ImageLayout::ranges(const SyntheticMm& mm) const {
  RangeList list;
  for (const Region& region : mm.regions) {
    if ((region.prot & PROT_READ) == 0) continue;
    const Backing* backing = region.backing ? &at(tree_.backings_, *region.backing) : nullptr;
    const bool is_shmem = region.kind == RBI_VMA_SHMEM;
    const std::uint64_t base = is_shmem ? region.backing_page : 0;
    const auto address = [&](std::uint64_t page) {
      return region.start + (page - base) * RBI_PAGE_SIZE;
    };
    split(
        is_shmem ? backing->contents : region.contents, base, base + region.pages,
        [&](const PatternRun& run, std::uint64_t page, std::uint64_t pages) {
          list.pattern(address(page), pages, run.seed, page - run.first);
        },
        [&](std::uint64_t page, std::uint64_t pages) {
          if (region.kind == RBI_VMA_FILE) {
            list.pattern(address(page), pages, backing->seed, region.backing_page + page);
          } else {
            list.zero(address(page), pages);
          }
        });
  }
  return list.take();
}

/// The pipes whose read end is in the task's table, if it is the first to use
/// the table, and the table the first with that pipe.
std::vector<payload_pipe> ImageLayout::pipes_read_by(TaskId id) {
  std::vector<payload_pipe> pipes;
  const FilesId table = at(tree_.tasks_, id).files;
  if (first_files_user_[files_.use(table)] != id) return pipes;
  for (const FdEntry& entry : at(tree_.files_, table).fds) {
    const Description& ofd = at(tree_.ofds_, entry.ofd);
    if (ofd.kind != RBI_OFD_PIPE_READ) continue;
    const auto number = static_cast<std::size_t>(*ofd.pipe);
    if (pipe_taken_[number]) continue;
    pipe_taken_[number] = true;
    const Pipe& pipe = tree_.pipes_[number];
    pipes.push_back(
        {.fd = entry.fd, .capacity = pipe.capacity, .size = pipe.size, .seed = pipe.seed});
  }
  return pipes;
}

/// All but the tables.
payload_check_block ImageLayout::check_block(TaskId id) const {
  const SyntheticTask& task = at(tree_.tasks_, id);
  const SyntheticGroup& group = at(tree_.groups_, task.group);
  const std::uint64_t page = stack_page(id);
  payload_check_block block{};
  block.size = sizeof block;
  block.report = PAYLOAD_REPORTS + index(id) * sizeof(payload_report);
  block.tid = SyntheticTree::pid(id);
  block.pid = SyntheticTree::pid(group.leader);
  if (group.parent) block.ppid = SyntheticTree::pid(at(tree_.groups_, *group.parent).leader);
  block.pgid = group.pgid;
  block.sid = group.sid;
  std::memcpy(block.name, task.name.data(),
              std::min<std::size_t>(task.name.size(), RBI_NAME_LEN - 1));
  block.registers = tree_.seed(kSeedRegisters, index(id));
  block.xstate = tree_.seed(kSeedXstate, index(id));
  block.rsp = page + PAYLOAD_RSP;
  block.rflags = initial_rflags(tree_, id);
  block.fs_base = page + PAYLOAD_TCB;
  block.gs_base = initial_gs_base(tree_, id);
  block.stack = tree_.seed(kSeedStack, index(id));
  block.blocked = task.blocked;
  for (const QueuedSignal& signal : group.pending) {
    block.shared_signals |= 1ull << (signal.signal - 1);
  }
  block.altstack_sp = altstack_[index(id)];
  block.altstack_size = block.altstack_sp == 0 ? 0 : kAltstackSize;
  block.altstack_flags = block.altstack_sp == 0 ? SS_DISABLE : 0;
  block.handled = task.handled;
  block.robust_list = page + PAYLOAD_TCB_ROBUST;
  block.robust_list_len = 24;
  block.clear_child_tid = page + PAYLOAD_TCB_TID;
  block.brk = PAYLOAD_HEAP + at(tree_.mms_, task.mm).heap_pages * RBI_PAGE_SIZE;
  block.umask = at(tree_.fs_, task.fs).umask;
  std::copy(group.itimers.begin(), group.itimers.end(), block.itimers);
  if (is_leader(id)) block.flags |= PAYLOAD_SHARED_QUEUE | PAYLOAD_ITIMERS;
  return block;
}

void ImageLayout::build_checks(MmId id, CheckArea& area) {
  const auto description = [&](OfdId ofd) -> const Description& { return at(tree_.ofds_, ofd); };
  const auto queue = [&](const std::vector<QueuedSignal>& signals) {
    std::vector<rbi_siginfo> infos;
    infos.reserve(signals.size());
    for (const QueuedSignal& signal : signals) infos.push_back(queued_siginfo(signal));
    return area.put(infos);
  };
  std::map<SighandId, payload_table> actions;
  std::map<FsId, std::uint64_t> directories;
  FdTables fd_tables;

  bool first_in_mm = true;
  for (const TaskId task_id : users_[mms_.use(id)]) {
    const SyntheticTask& task = at(tree_.tasks_, task_id);
    payload_check_block block = check_block(task_id);
    if (first_in_mm) {
      auto list = ranges(at(tree_.mms_, id));
      if (const std::uint64_t heap = at(tree_.mms_, id).heap_pages; heap != 0) {
        list.push_back({.address = PAYLOAD_HEAP,
                        .words = heap * kWordsPerPage,
                        .seed = tree_.seed(kSeedHeap, static_cast<std::uint64_t>(id)),
                        .first = 0,
                        .zero = 0,
                        .reserved = 0});
      }
      block.ranges = area.put(list);
      first_in_mm = false;
    }
    block.pending = queue(task.pending);
    if (is_leader(task_id)) {
      block.shared_pending = queue(at(tree_.groups_, task.group).pending);
    }

    const auto [action, new_sighand] = actions.try_emplace(task.sighand);
    if (new_sighand) action->second = area.put(at(tree_.sighands_, task.sighand).actions);
    block.actions = action->second;
    if (first_sighand_user_[sighands_.use(task.sighand)] == task_id) {
      block.flags |= PAYLOAD_ACTIONS;
    }

    const auto [directory, new_fs] = directories.try_emplace(task.fs);
    if (new_fs) directory->second = area.put_string(at(tree_.fs_, task.fs).cwd);
    block.cwd = directory->second;
    if (first_fs_user_[fs_.use(task.fs)] == task_id) block.flags |= PAYLOAD_UMASK;

    const FilesTable& table = at(tree_.files_, task.files);
    const bool all = first_files_user_[files_.use(task.files)] == task_id;
    const auto [fds, new_table] = fd_tables.try_emplace({task.files, all});
    if (new_table) {
      fds->second =
          area.put(all ? check_all_fds(table, description) : check_some_fds(table, description));
    }
    block.fds = fds->second;
    block.pipes = area.put(pipes_read_by(task_id));
    check_block_[index(task_id)] =
        area.put(std::span<const payload_check_block>(&block, 1)).address;
  }
}

}  // namespace rb
