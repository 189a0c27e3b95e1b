#include <elf.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

#include "harness/verify/checks.h"
#include "harness/verify/registers.h"

namespace rb {
namespace {

constexpr std::size_t kMaxXstate = 1u << 16;

/// Traces every task from the barrier to its first own instruction. None gets any further: the
/// kernel kills those that are traced when this process ends.
class HeldCheck {
 public:
  explicit HeldCheck(Inspection& inspection) : in_(inspection) {}

  Status run() {
    traced_.resize(in_.present.size());
    for (std::uint32_t task = 0; task < traced_.size(); ++task) {
      if (in_.present[task]) RB_TRY(attach(task));
    }
    // Tasks that stand in user space stop at once, and are made to stop at each call from now
    // on. Those that sleep in the kernel do when they leave it, which is where they start.
    if (in_scaffold()) {
      for (std::uint32_t task = 0; task < traced_.size(); ++task) {
        if (traced_[task]) RB_TRY(wait_stop(task));
      }
    }
    in_.findings.release();
    for (std::uint32_t task = 0; task < traced_.size(); ++task) {
      if (!traced_[task]) continue;
      RB_TRY(run_to_first_instruction(task));
      if (traced_[task]) RB_TRY(compare(task));
    }
    return {};
  }

 private:
  [[nodiscard]] bool in_scaffold() const {
    return in_.access.scaffold.start != in_.access.scaffold.end;
  }
  Status attach(std::uint32_t task);
  Status wait_stop(std::uint32_t task);
  Status run_to_first_instruction(std::uint32_t task);
  Status compare(std::uint32_t task);
  Status compare_death_signal(std::uint32_t task);
  Status cannot(std::uint32_t task, const char* what) {
    traced_[task] = false;
    return in_.unreadable(task, what, errno);
  }

  Inspection& in_;
  std::vector<bool> traced_;
  std::vector<std::byte> xstate_ = std::vector<std::byte>(kMaxXstate);
};

Status HeldCheck::attach(std::uint32_t task) {
  const auto pid = static_cast<pid_t>(in_.pid(task));
  constexpr std::uint64_t kOptions = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD;
  if (::ptrace(PTRACE_SEIZE, pid, nullptr, kOptions) != 0 ||
      ::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) != 0) {
    return cannot(task, "registers (ptrace)");
  }
  traced_[task] = true;
  return {};
}

Status HeldCheck::wait_stop(std::uint32_t task) {
  int status = 0;
  pid_t got = 0;
  do {
    got = ::waitpid(static_cast<pid_t>(in_.pid(task)), &status, __WALL);
  } while (got < 0 && errno == EINTR);
  if (got > 0 && WIFSTOPPED(status)) return {};
  traced_[task] = false;
  in_.findings.add("{}: died on its way from the barrier", in_.name(task));
  return {};
}

/// Behind rt_sigreturn(2), the scaffold's last call, or behind that of the kernel's barrier.
Status HeldCheck::run_to_first_instruction(std::uint32_t task) {
  const auto pid = static_cast<pid_t>(in_.pid(task));
  if (!in_scaffold()) return wait_stop(task);
  while (traced_[task]) {
    if (::ptrace(PTRACE_SYSCALL, pid, nullptr, nullptr) != 0) return cannot(task, "registers");
    RB_TRY(wait_stop(task));
    user_regs_struct registers{};
    if (!traced_[task]) return {};
    if (::ptrace(PTRACE_GETREGS, pid, nullptr, &registers) != 0) return cannot(task, "registers");
    const AddressRange& scaffold = in_.access.scaffold;
    if (registers.rip < scaffold.start || registers.rip >= scaffold.end) return {};
  }
  return {};
}

Status HeldCheck::compare(std::uint32_t task) {
  const auto pid = static_cast<pid_t>(in_.pid(task));
  const rbi_task& record = in_.image.tasks()[task];
  const rbi_registers& expected = in_.image.registers()[record.registers];
  user_regs_struct general{};
  std::uint64_t mask = 0;
  iovec area = {xstate_.data(), xstate_.size()};
  __ptrace_rseq_configuration rseq{};
  if (::ptrace(PTRACE_GETREGS, pid, nullptr, &general) != 0 ||
      ::ptrace(PTRACE_GETREGSET, pid, NT_X86_XSTATE, &area) != 0 ||
      ::ptrace(PTRACE_GETSIGMASK, pid, sizeof mask, &mask) != 0) {
    return cannot(task, "registers");
  }
  const auto add = [&](const std::vector<std::string>& differences) {
    for (const std::string& one : differences) in_.findings.add("{}: {}", in_.name(task), one);
  };
  add(compare_registers(expected, general));
  add(compare_xstate(in_.image.xstate(expected), expected.xfeatures,
                     std::span<const std::byte>(xstate_).first(area.iov_len)));
  if (mask != record.blocked) {
    in_.findings.add("{}: blocked signals: expected {}, found {}", in_.name(task),
                     signal_names(record.blocked), signal_names(mask));
  }
  if (::ptrace(PTRACE_GET_RSEQ_CONFIGURATION, pid, sizeof rseq, &rseq) > 0 &&
      (rseq.rseq_abi_pointer != record.rseq || rseq.signature != record.rseq_sig)) {
    in_.findings.add("{}: rseq: expected {:#x} ({:#x}), found {:#x} ({:#x})", in_.name(task),
                     record.rseq, record.rseq_sig, __u64{rseq.rseq_abi_pointer},
                     __u32{rseq.signature});
  }
  return compare_death_signal(task);
}

/// Only the task itself can tell: it is made to ask. As it gets no further, what that changes
/// does not matter.
Status HeldCheck::compare_death_signal(std::uint32_t task) {
  const __u32 record = in_.image.tasks()[task].credentials;
  if (record == RBI_NONE) return {};
  const auto pid = static_cast<pid_t>(in_.pid(task));
  constexpr std::uint64_t kRedZone = 512;
  user_regs_struct general{};
  if (::ptrace(PTRACE_GETREGS, pid, nullptr, &general) != 0) return cannot(task, "registers");
  const std::uint64_t answer = (general.rsp - kRedZone) & ~std::uint64_t{7};
  constexpr long kSyscall = 0x050f;
  user_regs_struct call = general;
  call.rax = SYS_prctl;
  call.orig_rax = ~0ull;
  call.rdi = PR_GET_PDEATHSIG;
  call.rsi = answer;
  const std::uint64_t all_signals = ~0ull;
  if (::ptrace(PTRACE_SETSIGMASK, pid, sizeof all_signals, &all_signals) != 0 ||
      ::ptrace(PTRACE_POKETEXT, pid, call.rip, kSyscall) != 0 ||
      ::ptrace(PTRACE_POKEDATA, pid, answer, -1l) != 0 ||
      ::ptrace(PTRACE_SETREGS, pid, nullptr, &call) != 0 ||
      ::ptrace(PTRACE_SINGLESTEP, pid, nullptr, nullptr) != 0) {
    return cannot(task, "its signal on the parent's death");
  }
  RB_TRY(wait_stop(task));
  const auto found = static_cast<__u32>(::ptrace(PTRACE_PEEKDATA, pid, answer, nullptr));
  const __u32 expected = in_.image.credentials()[record].death_signal;
  if (found != expected) {
    in_.findings.add("{}: signal on the parent's death: expected {}, found {}", in_.name(task),
                     expected, found);
  }
  return {};
}

}  // namespace

Status check_held(Inspection& inspection) { return HeldCheck(inspection).run(); }

}  // namespace rb
