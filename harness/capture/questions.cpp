#include "harness/capture/questions.h"

#include <fmt/format.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

#include "harness/capture/signal_frame.h"
#include "harness/capture/trace.h"
#include "image/format.h"

// The code that tasks run: rbx points to r12d entries of struct CallSlot, rbp to
// a signal frame. Only rax, rcx and r11 change in a system call.
__asm__(
    ".pushsection .rodata\n"
    "rb_calls_begin:\n"
    "  mov 0(%rbx), %rax\n"
    "  mov 8(%rbx), %rdi\n"
    "  mov 16(%rbx), %rsi\n"
    "  mov 24(%rbx), %rdx\n"
    "  mov 32(%rbx), %r10\n"
    "  mov 40(%rbx), %r8\n"
    "  mov 48(%rbx), %r9\n"
    "  syscall\n"
    "  mov %rax, 56(%rbx)\n"
    "  add $64, %rbx\n"
    "  dec %r12d\n"
    "  jnz rb_calls_begin\n"
    "  mov %rbp, %rsp\n"
    "  mov $15, %eax\n"  // rt_sigreturn(2)
    "  syscall\n"
    "  ud2\n"
    "rb_calls_end:\n"
    ".popsection\n");
extern "C" const std::byte rb_calls_begin[];
extern "C" const std::byte rb_calls_end[];

namespace rb::capture {
namespace {

/// As the code has it.
struct CallSlot {
  std::int64_t number;
  std::uint64_t arguments[6];
  std::int64_t result;
};
static_assert(sizeof(CallSlot) == 64 && offsetof(CallSlot, result) == 56);

constexpr std::size_t kAlign = 64;  // of XSAVE areas
constexpr std::size_t kCodeRoom = 128;

constexpr std::size_t align_up(std::size_t value) { return (value + kAlign - 1) / kAlign * kAlign; }

tl::unexpected<Error> died(pid_t task, int error) {
  return fail_errno(fmt::format("cannot go on with task {}", task), error);
}

}  // namespace

/// One task of a batch: its part of the pages, and its way there and back.
class Asked {
 public:
  explicit Asked(const Questions& questions) : questions_(&questions) {
    if (questions.signals_ != 0) signal_ = std::countr_zero(questions.signals_) + 1;
  }

  /// Bytes that lay_out() appends at most.
  static std::size_t room(const Questions& questions) {
    std::size_t bytes = 2 * kAlign + signal_frame_size(questions.task_.cpu) +
                        (questions.calls_.size() + 1) * sizeof(CallSlot);
    for (const Questions::Call& call : questions.calls_) bytes += align_up(call.stores);
    return bytes;
  }

  /// Appends what the task needs to the copy of the pages.
  /// @param address  of the pages
  void lay_out(std::vector<std::byte>& pages, std::uint64_t address);
  [[nodiscard]] Status start(std::uint64_t code) const;
  [[nodiscard]] Status wait(std::size_t& stops) const;
  /// Gives the task its state back. @return errno
  [[nodiscard]] int give_back() const;
  [[nodiscard]] Status use(std::span<const std::byte> pages) const;

 private:
  [[nodiscard]] CallSlot last_call() const;
  [[nodiscard]] int wait_for_signal(std::size_t& stops) const;

  const Questions* questions_;
  int signal_ = 0;  ///< that the task sends itself behind the last call; 0: there is none
  std::uint64_t base_ = 0;
  std::size_t frame_ = 0, slots_ = 0;  ///< offsets in the pages
  std::vector<std::size_t> stored_;    ///< of each call
};

/// Behind it the task is done.
CallSlot Asked::last_call() const {
  if (signal_ == 0) return {SYS_getpid, {}, 0};
  return {SYS_tgkill,
          {static_cast<std::uint64_t>(questions_->process_),
           static_cast<std::uint64_t>(questions_->task_.tid), static_cast<std::uint64_t>(signal_)},
          0};
}

void Asked::lay_out(std::vector<std::byte>& pages, std::uint64_t address) {
  const StoppedTask& task = questions_->task_;
  base_ = address;
  pages.resize(align_up(pages.size()));
  frame_ = pages.size();
  const auto frame = signal_frame(task.cpu, task.mask, address + frame_);
  pages.insert(pages.end(), frame.begin(), frame.end());
  slots_ = align_up(pages.size());
  std::size_t end = slots_ + (questions_->calls_.size() + 1) * sizeof(CallSlot);
  std::vector<CallSlot> slots;
  for (const Questions::Call& call : questions_->calls_) {
    CallSlot slot{call.number, {}, 0};
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
      const std::uint64_t argument = call.arguments[i];
      slot.arguments[i] = argument == Questions::kRoom    ? address + end
                          : argument == Questions::kPages ? address
                                                          : argument;
    }
    slots.push_back(slot);
    stored_.push_back(end);
    end += (call.stores + 7) / 8 * 8;
  }
  slots.push_back(last_call());
  pages.resize(end);
  std::memcpy(pages.data() + slots_, slots.data(), slots.size() * sizeof(CallSlot));
}

Status Asked::start(std::uint64_t code) const {
  const pid_t tid = questions_->task_.tid;
  user_regs_struct registers = resumed(questions_->task_.cpu.general);
  registers.rip = code;
  registers.rbx = base_ + slots_;
  registers.r12 = questions_->calls_.size() + 1;
  registers.rbp = base_ + frame_ + kFrameContext;
  // The registers first, then the mask, and back the other way: at each moment the task
  // could go on by itself.
  int error = set_registers(tid, registers);
  const std::uint64_t mask = signal_ == 0 ? ~0ull : ~(1ull << (signal_ - 1));
  if (error == 0) error = set_mask(tid, mask);
  if (error == 0 && signal_ != 0) error = let_run(tid);
  if (error != 0) return died(tid, error);
  return {};
}

/// The same signal may come from others, too: r12 tells whether all is done.
int Asked::wait_for_signal(std::size_t& stops) const {
  const pid_t tid = questions_->task_.tid;
  for (;;) {
    ++stops;
    user_regs_struct registers{};
    int error = wait_signal(tid, signal_);
    if (error == 0) error = get_registers(tid, registers);
    if (error != 0 || registers.r12 == 1) return error;
    if (error = let_run(tid); error != 0) return error;
  }
}

Status Asked::wait(std::size_t& stops) const {
  int error = 0;
  if (signal_ != 0) {
    error = wait_for_signal(stops);
  } else {
    for (std::size_t i = 0; i < 2 * (questions_->calls_.size() + 1) && error == 0; ++i) {
      ++stops;
      error = next_syscall_stop(questions_->task_.tid);
    }
  }
  if (error != 0) return died(questions_->task_.tid, error);
  return {};
}

int Asked::give_back() const {
  const StoppedTask& task = questions_->task_;
  const int error = set_mask(task.tid, task.mask);
  return error != 0 ? error : set_registers(task.tid, resumed(task.cpu.general));
}

Status Asked::use(std::span<const std::byte> pages) const {
  for (std::size_t i = 0; i < questions_->calls_.size(); ++i) {
    const Questions::Call& call = questions_->calls_[i];
    CallSlot slot;
    std::memcpy(&slot, pages.data() + slots_ + i * sizeof slot, sizeof slot);
    if (call.stores != 0 && slot.result < 0) {
      return fail_errno(fmt::format("task {} cannot be asked for its state", questions_->task_.tid),
                        static_cast<int>(-slot.result));
    }
    call.use(slot.result, pages.data() + stored_[i]);
  }
  return {};
}

namespace {

std::vector<std::byte> pages_with_code() {
  std::vector<std::byte> pages(rb_calls_begin, rb_calls_end);
  RB_ASSERT(pages.size() <= kCodeRoom);
  pages.resize(kCodeRoom);
  return pages;
}

/// All run at once; each that was started is waited for and gets its state back.
Status run(std::span<Asked> batch, std::uint64_t code, std::size_t& stops) {
  Status status;
  const auto keep_first = [&status](Status other) {
    if (status && !other) status = std::move(other);
  };
  std::size_t started = 0;
  for (; started < batch.size() && status; ++started) keep_first(batch[started].start(code));
  for (std::size_t i = 0; i < started; ++i) {
    keep_first(batch[i].wait(stops));
    const int error = batch[i].give_back();
    if (error != 0) keep_first(fail_errno("cannot give a task its state back", error));
  }
  return status;
}

Status ask_batch(const Scratch& scratch, pid_t task, std::vector<std::byte>& pages,
                 std::vector<Asked>& batch, std::size_t& stops) {
  if (const int error = write_memory(task, scratch.address(), pages); error != 0) {
    return died(task, error);
  }
  RB_TRY(run(batch, scratch.address(), stops));
  if (const int error = read_memory(task, scratch.address(), pages); error != 0) {
    return died(task, error);
  }
  for (const Asked& asked : batch) RB_TRY(asked.use(pages));
  batch.clear();
  pages = pages_with_code();
  return {};
}

}  // namespace

Status ask_all(std::span<const Questions> all, std::span<const ProcMapping> mappings,
               std::size_t most, Gadgets& known, std::size_t& stops) {
  if (all.empty()) return {};
  std::size_t total = kCodeRoom;
  for (const Questions& one : all) {
    total += Asked::room(one);
    most = std::max(most, kCodeRoom + Asked::room(one));
  }
  const StoppedTask& first = all.front().task();
  constexpr std::size_t kPage = RBI_PAGE_SIZE;
  auto scratch =
      Scratch::map(first, mappings, (std::min(total, most) + kPage - 1) / kPage * kPage, known);
  if (!scratch) return tl::unexpected<Error>(scratch.error());
  stops += Scratch::kStops;
  std::vector<std::byte> pages = pages_with_code();
  std::vector<Asked> batch;
  for (const Questions& one : all) {
    if (pages.size() + Asked::room(one) > scratch->size()) {
      RB_TRY(ask_batch(*scratch, first.tid, pages, batch, stops));
    }
    batch.emplace_back(one).lay_out(pages, scratch->address());
  }
  RB_TRY(ask_batch(*scratch, first.tid, pages, batch, stops));
  return scratch->unmap();
}

}  // namespace rb::capture
