// System calls that a stopped task makes for us.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "base/error.h"
#include "harness/capture/gadgets.h"
#include "harness/capture/registers.h"
#include "harness/verify/proc_parse.h"

namespace rb::capture {

using CallArguments = std::array<std::uint64_t, 6>;

/// A stopped task, and what it was when it was stopped.
struct StoppedTask {
  pid_t tid = 0;
  const CpuState& cpu;
  std::uint64_t mask = 0;
};

/// Some pages in the address space of a stopped process, from which its tasks can be made to
/// call. They hold the calling code, which ends with rt_sigreturn(2), and a signal frame with
/// the very state in which the task was stopped: should this process die in the middle of a
/// call, the task finishes it and goes on from where it was, by itself.
///
/// The two calls that map and unmap the pages are made through the program's own code, so
/// that they end alike: "syscall; ret" returns to the C library's "rt_sigreturn", with a frame
/// below the task's stack, where a signal handler's would be. Where the task has no such
/// code, or its stack is not the kernel's, these calls go unprotected.
class Scratch {
 public:
  /// @param task  any stopped task of the process; outlives this
  [[nodiscard]] static Result<Scratch> map(const StoppedTask& task,
                                           std::span<const ProcMapping> mappings);
  Scratch(Scratch&& other) noexcept
      : task_(other.task_),
        gadgets_(other.gadgets_),
        stack_(other.stack_),
        address_(std::exchange(other.address_, 0)) {}
  Scratch& operator=(Scratch&&) = delete;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch();

  /// Takes them out of the address space.
  [[nodiscard]] Status unmap();

  [[nodiscard]] std::uint64_t code() const { return address_; }
  [[nodiscard]] std::uint64_t frame() const;
  /// Room for results, of kRoom bytes.
  [[nodiscard]] std::uint64_t room() const;
  static constexpr std::size_t kRoom = 512;

 private:
  Scratch(const StoppedTask& task, const Gadgets& gadgets, std::uint64_t stack)
      : task_(task), gadgets_(gadgets), stack_(stack) {}
  [[nodiscard]] Result<long> call(long number, const CallArguments& arguments) const;

  StoppedTask task_;
  Gadgets gadgets_;
  std::uint64_t stack_;  ///< where a frame may lie; 0 = nowhere
  std::uint64_t address_ = 0;
};

/// A series of calls by one stopped task. Its state is as before when this ends.
class Calls {
 public:
  [[nodiscard]] static Result<Calls> begin(const Scratch& scratch, const StoppedTask& task);
  Calls(Calls&& other) noexcept
      : scratch_(other.scratch_),
        task_(other.task_),
        resumed_(other.resumed_),
        mask_(other.mask_),
        open_(other.open_) {
    other.open_ = false;
  }
  Calls& operator=(Calls&&) = delete;
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;
  ~Calls();

  /// @return what the call returned: -errno if it failed
  [[nodiscard]] Result<long> call(long number, const CallArguments& arguments);

  /// A call whose result is a value that it stores in the scratch's room.
  template <class Value>
  [[nodiscard]] Result<Value> ask(long number, const CallArguments& arguments);

  /// Gives the task its state back.
  [[nodiscard]] Status end();

 private:
  Calls(const Scratch& scratch, pid_t task, const user_regs_struct& resumed, std::uint64_t mask)
      : scratch_(&scratch), task_(task), resumed_(resumed), mask_(mask) {}
  [[nodiscard]] Status read_room(std::span<std::byte> bytes) const;

  const Scratch* scratch_;
  pid_t task_;
  user_regs_struct resumed_;
  std::uint64_t mask_;
  bool open_ = true;
};

template <class Value>
Result<Value> Calls::ask(long number, const CallArguments& arguments) {
  const auto result = call(number, arguments);
  if (!result) return tl::unexpected<Error>(result.error());
  if (*result < 0) {
    return fail_errno("a stopped task cannot be asked for its state", static_cast<int>(-*result));
  }
  Value value{};
  RB_TRY(read_room(std::as_writable_bytes(std::span(&value, 1))));
  return value;
}

}  // namespace rb::capture
