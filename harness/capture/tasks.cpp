#include "harness/capture/tasks.h"

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "harness/capture/environment.h"
#include "harness/capture/sharing.h"
#include "harness/capture/trace.h"
#include "harness/verify/proc_files.h"

namespace rb::capture {
namespace {

constexpr unsigned kUserCs64 = 0x33;  // __USER_CS, arch/x86/include/asm/segment.h

tl::unexpected<Error> cannot_read(const FoundTask& task, const char* what, int error) {
  return fail_errno(fmt::format("cannot read {} of {}", what, task.who), error);
}

/// A queue of signals, without taking them from it.
/// @param flags  PTRACE_PEEKSIGINFO_SHARED for the group's
Status peek_queue(const FoundTask& task, unsigned flags, std::vector<rbi_siginfo>& queue) {
  constexpr int kAtOnce = 32;
  std::array<rbi_siginfo, kAtOnce> infos{};
  for (;;) {
    const __ptrace_peeksiginfo_args arguments = {queue.size(), flags, kAtOnce};
    const long got = ::ptrace(PTRACE_PEEKSIGINFO, task.tid, &arguments, infos.data());
    if (got < 0) return cannot_read(task, "pending signals", errno);
    if (got == 0) break;
    queue.insert(queue.end(), infos.begin(), infos.begin() + got);
  }
  for (rbi_siginfo& info : queue) info.reserved = 0;
  return {};
}

Status read_registrations(FoundTask& task) {
  __ptrace_rseq_configuration rseq{};
  if (::ptrace(PTRACE_GET_RSEQ_CONFIGURATION, task.tid, sizeof rseq, &rseq) > 0) {
    task.rseq = rseq.rseq_abi_pointer;
    task.rseq_length = task.rseq == 0 ? 0 : rseq.rseq_abi_size;
    task.rseq_signature = task.rseq == 0 ? 0 : rseq.signature;
  }
  std::size_t length = 0;
  void* head = nullptr;
  if (::syscall(SYS_get_robust_list, task.tid, &head, &length) != 0) {
    return cannot_read(task, "the robust list", errno);
  }
  task.robust_list = reinterpret_cast<std::uint64_t>(head);
  return {};
}

/// In a critical section of rseq(2) a task cannot go on elsewhere: it goes to where the
/// kernel would send it if it were moved to another CPU.
void leave_critical_section(FoundTask& task) {
  if (task.rseq == 0) return;
  std::uint64_t address = 0;
  constexpr std::uint64_t kCriticalSection = 8;  // offset of rseq_cs, linux/rseq.h
  if (read_memory(task.tid, task.rseq + kCriticalSection,
                  std::as_writable_bytes(std::span(&address, 1))) != 0 ||
      address == 0) {
    return;
  }
  struct {
    std::uint32_t version, flags;
    std::uint64_t start, length, abort;
  } section{};
  if (read_memory(task.tid, address, std::as_writable_bytes(std::span(&section, 1))) != 0) return;
  if (task.cpu.general.rip - section.start < section.length) {
    task.cpu.general.rip = section.abort;
  }
}

Status read_task(FoundTask& task, Refusals& refusals) {
  if (const int error = read_cpu_state(task.tid, task.cpu); error != 0) {
    return cannot_read(task, "registers", error);
  }
  if (task.cpu.general.cs != kUserCs64) {
    refusals.add("{} runs 32-bit code: only 64-bit programs can be captured", task.who);
  }
  if (const int error = get_mask(task.tid, task.blocked); error != 0) {
    return cannot_read(task, "the signal mask", error);
  }
  RB_TRY(peek_queue(task, 0, task.pending));
  RB_TRY(read_registrations(task));
  leave_critical_section(task);
  return {};
}

Status read_process(const FoundTree& found, FoundProcess& process) {
  const FoundTask& leader = found.tasks[process.first_task];
  const std::string directory = fmt::format("/proc/{}", process.pid);
  const auto stat_text = read_whole_file(directory + "/stat");
  const auto status_text = read_whole_file(found.directory(leader) + "/status");
  const auto stat = stat_text ? parse_stat(*stat_text) : std::nullopt;
  const auto status = status_text ? parse_status(*status_text) : std::nullopt;
  if (!stat || !status) return cannot_read(leader, "/proc", stat_text ? EPROTO : ESRCH);
  process.stat = *stat;
  process.status = *status;
  return peek_queue(leader, PTRACE_PEEKSIGINFO_SHARED, process.pending);
}

}  // namespace

std::vector<std::size_t> FoundTree::users(std::uint32_t FoundTask::*object,
                                          std::size_t count) const {
  std::vector<std::size_t> first(count, tasks.size());
  for (std::size_t i = tasks.size(); i-- > 0;) first[tasks[i].*object] = i;
  return first;
}

std::string FoundTree::directory(const FoundTask& task) const {
  return fmt::format("/proc/{}/task/{}", processes[task.process].pid, task.tid);
}

Status find_tasks(const FrozenTree& tree, FoundTree& found, Refusals& refusals) {
  for (const FrozenProcess& frozen : tree.processes()) {
    FoundProcess process;
    process.pid = frozen.pid;
    if (frozen.parent != FrozenProcess::kNoParent) process.parent = frozen.parent;
    process.first_task = found.tasks.size();
    process.task_count = frozen.tasks.size();
    for (const pid_t tid : frozen.tasks) {
      FoundTask task;
      task.tid = tid;
      task.process = found.processes.size();
      task.who = tid == frozen.pid ? frozen.name : fmt::format("thread {} of {}", tid, frozen.name);
      found.tasks.push_back(std::move(task));
    }
    found.processes.push_back(std::move(process));
  }
  for (const FrozenZombie& zombie : tree.zombies()) {
    const auto text = read_whole_file(fmt::format("/proc/{}/stat", zombie.pid));
    const auto stat = text ? parse_stat(*text) : std::nullopt;
    if (!stat) return fail_errno(fmt::format("cannot read /proc of zombie {}", zombie.pid), ESRCH);
    found.zombies.push_back({zombie.pid, zombie.parent, *stat});
  }
  for (FoundTask& task : found.tasks) RB_TRY(read_task(task, refusals));
  for (FoundProcess& process : found.processes) RB_TRY(read_process(found, process));
  RB_TRY(find_environments(found, refusals));
  return find_sharing(found);
}

}  // namespace rb::capture
