#include "harness/capture/asking.h"

#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "harness/capture/environment.h"
#include "harness/capture/questions.h"
#include "harness/verify/proc_files.h"
#include "harness/verify/vm_flags.h"

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

rbi_action action_of(unsigned signal, const KernelAction& action) {
  rbi_action into{};
  into.signal = signal;
  into.handler = action.handler;
  into.flags = action.flags;
  into.restorer = action.restorer;
  into.mask = action.mask & ~kUnmaskable;
  // An ignored signal may carry leftovers that mean nothing.
  if (into.handler == kSigIgn || (into.flags & kRestorer) == 0) {
    into.flags &= ~kRestorer;
    into.restorer = 0;
  }
  return into;
}

/// Whose default is to be ignored, and that have no effect when they are sent. SIGCONT has.
constexpr std::uint64_t kIgnoredByDefault =
    1ull << (SIGCHLD - 1) | 1ull << (SIGURG - 1) | 1ull << (SIGWINCH - 1);
/// What of a program's ignored signals has no effect when it is sent: those that neither stop
/// nor continue.
constexpr std::uint64_t kPlain =
    ((1ull << 31) - 1) & ~(kUnmaskable | 1ull << (SIGCONT - 1) | 1ull << (SIGTSTP - 1) |
                           1ull << (SIGTTIN - 1) | 1ull << (SIGTTOU - 1));

constexpr unsigned long kAskPersonality = 0xffffffff;  // personality(2)

constexpr std::size_t kMostPages = 512 * 1024;  // bytes: a hundred threads at a time

std::uint64_t pending_of(std::span<const rbi_siginfo> queue) {
  std::uint64_t set = 0;
  for (const rbi_siginfo& info : queue) set |= 1ull << (info.signo - 1);
  return set;
}

/// By which signals a task can stop itself unnoticed.
std::uint64_t unnoticed_signals(const FoundProcess& process, const FoundTask& task) {
  const std::uint64_t ignored = (process.status.ignored & kPlain) | kIgnoredByDefault;
  return ignored & ~process.status.caught & ~task.blocked & ~pending_of(task.pending) &
         ~pending_of(process.pending);
}

class Asking {
 public:
  Asking(FoundTree& found, Refusals& refusals) : found_(found), refusals_(refusals) {}

  Status ask(std::size_t& stops) {
    std::vector<std::vector<std::size_t>> users(found_.mms.size());
    for (std::size_t i = 0; i < found_.tasks.size(); ++i) {
      users[found_.tasks[i].mm].push_back(i);
    }
    Gadgets gadgets;
    for (std::size_t mm = 0; mm < users.size(); ++mm) {
      std::vector<Questions> all;
      all.reserve(users[mm].size());
      for (const std::size_t user : users[mm]) all.push_back(questions_for(found_.tasks[user]));
      RB_TRY(ask_all(all, found_.mms[mm].mappings, kMostPages, gadgets, stops));
    }
    return std::move(failed_);
  }

 private:
  Questions questions_for(FoundTask& task);
  void ask_own(Questions& questions, FoundTask& task);
  void set_credentials(FoundTask& task, bool needed, __u32 rbi_credentials::*field, long value);
  void ask_mm(Questions& questions, FoundMm& mm);
  std::uint32_t future_locks(const FoundTask& task, const FoundMm& mm);
  void ask_process(Questions& questions, FoundProcess& process);
  static void ask_actions(Questions& questions, const FoundProcess& process,
                          std::vector<rbi_action>& actions);

  static constexpr std::uint64_t kRoom = Questions::kRoom;

  FoundTree& found_;
  Refusals& refusals_;
  std::vector<bool> asked_mms_ = std::vector<bool>(found_.mms.size());
  std::vector<bool> asked_sighands_ = std::vector<bool>(found_.sighands.size());
  long own_personality_ = ::personality(kAskPersonality);
  long own_securebits_ = ::prctl(PR_GET_SECUREBITS);
  Status failed_;  ///< of what is done with answers
};

/// @param needed  it differs from bench's
void Asking::set_credentials(FoundTask& task, bool needed, __u32 rbi_credentials::*field,
                             long value) {
  if (!needed && !task.credentials) return;
  const bool is_new = !task.credentials;
  auto credentials = own_credentials(found_, task);
  if (!credentials) {
    failed_ = tl::unexpected<Error>(credentials.error());
    return;
  }
  if (is_new) {
    (*credentials)->personality = static_cast<__u32>(own_personality_);
    (*credentials)->securebits = static_cast<__u32>(own_securebits_);
  }
  (*credentials)->*field = static_cast<__u32>(value);
}

Questions Asking::questions_for(FoundTask& task) {
  FoundProcess& process = found_.processes[task.process];
  Questions questions({task.tid, task.cpu, task.blocked}, process.pid,
                      unnoticed_signals(process, task));
  ask_own(questions, task);
  if (task.tid == process.pid) ask_process(questions, process);
  if (!asked_mms_[task.mm]) {
    asked_mms_[task.mm] = true;
    ask_mm(questions, found_.mms[task.mm]);
  }
  if (!asked_sighands_[task.sighand]) {
    asked_sighands_[task.sighand] = true;
    ask_actions(questions, process, found_.sighands[task.sighand]);
  }
  return questions;
}

void Asking::ask_own(Questions& questions, FoundTask& task) {
  questions.call(SYS_personality, {kAskPersonality}, [this, &task](long personality) {
    const bool differs = personality != own_personality_;
    set_credentials(task, differs, &rbi_credentials::personality, personality);
  });
  questions.call(SYS_prctl, {PR_GET_SECUREBITS}, [this, &task](long bits) {
    set_credentials(task, bits != own_securebits_, &rbi_credentials::securebits, bits);
  });
  questions.ask<int>(SYS_prctl, {PR_GET_PDEATHSIG, kRoom}, [this, &task](int signal) {
    if (signal != 0 && task.process == 0) {
      refusals_.add(
          "{} gets a signal when its parent dies (PR_SET_PDEATHSIG), which is not of the tree: "
          "capture the parent, too",
          task.who);
    }
    set_credentials(task, signal != 0, &rbi_credentials::death_signal, signal);
  });
  using Name = std::array<char, RBI_NAME_LEN>;
  questions.ask<Name>(SYS_prctl, {PR_GET_NAME, kRoom},
                      [&task](const Name& name) { task.name = name.data(); });
  questions.ask<std::uint64_t>(SYS_prctl, {PR_GET_TID_ADDRESS, kRoom},
                               [&task](std::uint64_t address) { task.clear_child_tid = address; });
  questions.ask<KernelStack>(SYS_sigaltstack, {0, kRoom}, [&task](const KernelStack& stack) {
    if ((stack.flags & kDisabled) != 0 || stack.size == 0) {
      task.altstack_flags = kDisabled;
      return;
    }
    task.altstack = stack.address;
    task.altstack_size = stack.size;
    task.altstack_flags = stack.flags & ~kOnStack;  // where rsp is says it
  });
}

void Asking::ask_mm(Questions& questions, FoundMm& mm) {
  questions.call(SYS_brk, {}, [&mm](long end) { mm.brk = static_cast<std::uint64_t>(end); });
  questions.call(SYS_prctl, {PR_GET_DUMPABLE},
                 [&mm](long dumpable) { mm.dumpable = dumpable == 1; });
  const FoundTask& task = found_.tasks[mm.task];
  questions.call(SYS_prctl, {PR_GET_THP_DISABLE}, [this, &mm, &task](long disabled) {
    if (disabled == 1) mm.flags |= RBI_MM_NO_HUGE_PAGES;
    if (disabled <= 1) return;
    refusals_.add("{} has huge pages where it asked for them only (PR_THP_DISABLE_EXCEPT_ADVISED)",
                  task.who);
  });
  // The pages that it is asked in are what it would map next: mlockall(MCL_FUTURE) locks them,
  // and locked pages cannot be invalidated.
  questions.call(SYS_msync, {Questions::kPages, RBI_PAGE_SIZE, MS_INVALIDATE},
                 [this, &mm, &task](long result) {
                   if (result == -EBUSY) mm.flags |= future_locks(task, mm);
                 });
}

/// How mlockall(MCL_FUTURE) was called: from what has been mapped since the mm was examined.
std::uint32_t Asking::future_locks(const FoundTask& task, const FoundMm& mm) {
  const auto text = read_whole_file(found_.directory(task) + "/smaps");
  const auto mappings = text ? parse_maps(*text) : std::nullopt;
  if (!mappings) {
    failed_ = fail_errno(fmt::format("cannot read the memory map of {}", task.who),
                         text ? EPROTO : text.error());
    return 0;
  }
  std::uint32_t locks = 0;
  for (const ProcMapping& mapping : *mappings) {
    const bool known =
        std::any_of(mm.mappings.begin(), mm.mappings.end(),
                    [&](const ProcMapping& old) { return old.start == mapping.start; });
    if (!known) locks |= advice_of(mapping);
  }
  const bool on_fault = (locks & RBI_VMA_LOCKONFAULT) != 0;
  return on_fault ? RBI_MM_LOCK_FUTURE | RBI_MM_LOCK_ONFAULT : RBI_MM_LOCK_FUTURE;
}

void Asking::ask_process(Questions& questions, FoundProcess& process) {
  for (unsigned which = 0; which < process.itimers.size(); ++which) {
    rbi_itimer& into = process.itimers[which];
    questions.ask<itimerval>(SYS_getitimer, {which, kRoom}, [&into](const itimerval& timer) {
      const auto microseconds = [](const timeval& value) {
        return static_cast<std::uint64_t>(value.tv_sec) * 1000000 +
               static_cast<std::uint64_t>(value.tv_usec);
      };
      into = {microseconds(timer.it_interval), microseconds(timer.it_value)};
      // One that has just expired reads as 0, which would disarm it for good.
      if (into.value == 0 && into.interval != 0) into.value = 1;
    });
  }
  questions.ask<int>(SYS_prctl, {PR_GET_CHILD_SUBREAPER, kRoom},
                     [&process](int reaper) { process.subreaper = reaper != 0; });
  for (rbi_timer& timer : process.timers) {
    questions.ask<itimerspec>(SYS_timer_gettime, {static_cast<std::uint64_t>(timer.id), kRoom},
                              [&timer](const itimerspec& left) {
                                const auto nanoseconds = [](const timespec& time) {
                                  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
                                         static_cast<std::uint64_t>(time.tv_nsec);
                                };
                                timer.interval = nanoseconds(left.it_interval);
                                timer.value = nanoseconds(left.it_value);
                                // As of interval timers.
                                if (timer.value == 0 && timer.interval != 0) timer.value = 1;
                              });
  }
}

/// Only those that /proc says are not the default.
void Asking::ask_actions(Questions& questions, const FoundProcess& process,
                         std::vector<rbi_action>& actions) {
  const std::uint64_t set = process.status.ignored | process.status.caught;
  for (unsigned signal = 1; signal <= RBI_NR_SIGNALS; ++signal) {
    if ((set & ~kUnmaskable & 1ull << (signal - 1)) == 0) continue;
    questions.ask<KernelAction>(SYS_rt_sigaction, {signal, 0, kRoom, 8},
                                [signal, &actions](const KernelAction& action) {
                                  if (action.handler == kSigDfl) return;
                                  actions.push_back(action_of(signal, action));
                                });
  }
}

}  // namespace

Status ask_tasks(FoundTree& found, Refusals& refusals, std::size_t& stops) {
  return Asking(found, refusals).ask(stops);
}

}  // namespace rb::capture
