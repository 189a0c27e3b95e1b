#include "harness/capture/asking.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <csignal>

#include "harness/capture/inject.h"

#ifndef PR_GET_TID_ADDRESS
#define PR_GET_TID_ADDRESS 40
#endif

namespace rb::capture {
namespace {

/// struct sigaction as the kernel has it.
struct KernelAction {
  std::uint64_t handler, flags, restorer, mask;
};
struct KernelStack {
  std::uint64_t address;
  std::uint32_t flags, padding;
  std::uint64_t size;
};

constexpr std::uint64_t kSigDfl = 0;
constexpr std::uint64_t kSigIgn = 1;
constexpr std::uint64_t kRestorer = 0x04000000;  // SA_RESTORER
constexpr std::uint32_t kOnStack = 1;            // SS_ONSTACK
constexpr std::uint32_t kDisabled = 2;           // SS_DISABLE
constexpr std::uint64_t kUnmaskable = 1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1);

class Asking {
 public:
  Asking(FoundTree& found, Refusals& refusals) : found_(found), refusals_(refusals) {}

  Status ask() {
    for (std::uint32_t mm = 0; mm < found_.mms.size(); ++mm) {
      const FoundTask& first = found_.tasks[found_.mms[mm].task];
      auto scratch = Scratch::map({first.tid, first.cpu, first.blocked}, found_.mms[mm].mappings);
      if (!scratch) return tl::unexpected<Error>(scratch.error());
      for (FoundTask& task : found_.tasks) {
        if (task.mm == mm) RB_TRY(ask_task(*scratch, task));
      }
      RB_TRY(scratch->unmap());
    }
    return {};
  }

 private:
  Status ask_task(const Scratch& scratch, FoundTask& task);
  Status ask_own(Calls& calls, FoundTask& task);
  Status ask_process(Calls& calls, FoundProcess& process, std::uint64_t room);
  Status ask_actions(Calls& calls, const FoundProcess& process, std::vector<rbi_action>& actions,
                     std::uint64_t room);

  FoundTree& found_;
  Refusals& refusals_;
  std::vector<bool> asked_mms_ = std::vector<bool>(found_.mms.size());
  std::vector<bool> asked_sighands_ = std::vector<bool>(found_.sighands.size());
  std::uint64_t room_ = 0;
};

Status Asking::ask_task(const Scratch& scratch, FoundTask& task) {
  room_ = scratch.room();
  auto calls = Calls::begin(scratch, {task.tid, task.cpu, task.blocked});
  if (!calls) return tl::unexpected<Error>(calls.error());
  RB_TRY(ask_own(*calls, task));
  FoundProcess& process = found_.processes[task.process];
  if (task.tid == process.pid) RB_TRY(ask_process(*calls, process, room_));
  if (!asked_mms_[task.mm]) {
    asked_mms_[task.mm] = true;
    const auto brk = calls->call(SYS_brk, {});
    if (!brk) return tl::unexpected<Error>(brk.error());
    found_.mms[task.mm].brk = static_cast<std::uint64_t>(*brk);
    const auto dumpable = calls->call(SYS_prctl, {PR_GET_DUMPABLE});
    if (!dumpable) return tl::unexpected<Error>(dumpable.error());
    found_.mms[task.mm].dumpable = *dumpable == 1;
  }
  if (!asked_sighands_[task.sighand]) {
    asked_sighands_[task.sighand] = true;
    RB_TRY(ask_actions(*calls, process, found_.sighands[task.sighand], room_));
  }
  return calls->end();
}

Status Asking::ask_own(Calls& calls, FoundTask& task) {
  if (task.credentials) {
    const auto bits = calls.call(SYS_prctl, {PR_GET_SECUREBITS});
    if (!bits) return tl::unexpected<Error>(bits.error());
    found_.credentials[*task.credentials].record.securebits = static_cast<__u32>(*bits);
  }
  const auto address = calls.ask<std::uint64_t>(SYS_prctl, {PR_GET_TID_ADDRESS, room_});
  if (!address) return tl::unexpected<Error>(address.error());
  task.clear_child_tid = *address;
  const auto stack = calls.ask<KernelStack>(SYS_sigaltstack, {0, room_});
  if (!stack) return tl::unexpected<Error>(stack.error());
  if ((stack->flags & kDisabled) != 0 || stack->size == 0) {
    task.altstack_flags = kDisabled;
    return {};
  }
  task.altstack = stack->address;
  task.altstack_size = stack->size;
  task.altstack_flags = stack->flags & ~kOnStack;  // where rsp is says it
  return {};
}

Status Asking::ask_process(Calls& calls, FoundProcess& process, std::uint64_t room) {
  for (unsigned which = 0; which < process.itimers.size(); ++which) {
    const auto timer = calls.ask<itimerval>(SYS_getitimer, {which, room});
    if (!timer) return tl::unexpected<Error>(timer.error());
    const auto microseconds = [](const timeval& value) {
      return static_cast<std::uint64_t>(value.tv_sec) * 1000000 +
             static_cast<std::uint64_t>(value.tv_usec);
    };
    rbi_itimer& into = process.itimers[which];
    into = {microseconds(timer->it_interval), microseconds(timer->it_value)};
    // One that has just expired reads as 0, which would disarm it for good.
    if (into.value == 0 && into.interval != 0) into.value = 1;
  }
  const std::string& who = found_.tasks[process.first_task].who;
  const auto signal = calls.ask<int>(SYS_prctl, {PR_GET_PDEATHSIG, room});
  if (!signal) return tl::unexpected<Error>(signal.error());
  if (*signal != 0) {
    refusals_.add(
        "{} gets a signal when its parent dies (PR_SET_PDEATHSIG): an image cannot hold "
        "that",
        who);
  }
  const auto reaper = calls.ask<int>(SYS_prctl, {PR_GET_CHILD_SUBREAPER, room});
  if (!reaper) return tl::unexpected<Error>(reaper.error());
  if (*reaper != 0) {
    refusals_.add("{} is a subreaper (PR_SET_CHILD_SUBREAPER): an image cannot hold that", who);
  }
  return {};
}

/// Only those that /proc says are not the default: each is two stops of the task.
Status Asking::ask_actions(Calls& calls, const FoundProcess& process,
                           std::vector<rbi_action>& actions, std::uint64_t room) {
  const std::uint64_t set = process.status.ignored | process.status.caught;
  for (unsigned signal = 1; signal <= RBI_NR_SIGNALS; ++signal) {
    if ((set & ~kUnmaskable & 1ull << (signal - 1)) == 0) continue;
    const auto action = calls.ask<KernelAction>(SYS_rt_sigaction, {signal, 0, room, 8});
    if (!action) return tl::unexpected<Error>(action.error());
    if (action->handler == kSigDfl) continue;
    rbi_action into{};
    into.signal = signal;
    into.handler = action->handler;
    into.flags = action->flags;
    into.restorer = action->restorer;
    into.mask = action->mask & ~kUnmaskable;
    // An ignored signal may carry leftovers that mean nothing.
    if (into.handler == kSigIgn || (into.flags & kRestorer) == 0) {
      into.flags &= ~kRestorer;
      into.restorer = 0;
    }
    actions.push_back(into);
  }
  return {};
}

}  // namespace

Status ask_tasks(FoundTree& found, Refusals& refusals) { return Asking(found, refusals).ask(); }

}  // namespace rb::capture
