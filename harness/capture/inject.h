// System calls that a stopped task makes for us.
#pragma once

#include <array>
#include <cstddef>
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
/// call. They hold the calling code, which ends with rt_sigreturn(2), and for each task a signal
/// frame with the very state in which it was stopped: should this process die in the middle of
/// a call, the task finishes what it has to call and goes on from where it was, by itself.
///
/// The two calls that map and unmap the pages are made through the program's own code, so
/// that they end alike: "syscall; ret" returns to the C library's "rt_sigreturn", with a frame
/// below the task's stack, where a signal handler's would be. Where the task has no such
/// code, or its stack is not the kernel's, these calls go unprotected.
class Scratch {
 public:
  /// @param task  any stopped task of the process; its state outlives this
  /// @param size  bytes; not initialized
  /// @param known  gadgets of another process that may be the same here; set to those found
  [[nodiscard]] static Result<Scratch> map(const StoppedTask& task,
                                           std::span<const ProcMapping> mappings, std::size_t size,
                                           Gadgets& known);
  Scratch(Scratch&& other) noexcept
      : task_(other.task_),
        gadgets_(other.gadgets_),
        stack_(other.stack_),
        size_(other.size_),
        address_(std::exchange(other.address_, 0)) {}
  Scratch& operator=(Scratch&&) = delete;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch();

  /// Takes them out of the address space.
  [[nodiscard]] Status unmap();

  [[nodiscard]] std::uint64_t address() const { return address_; }
  [[nodiscard]] std::size_t size() const { return size_; }

  /// How often the task stops for mapping and unmapping.
  static constexpr std::size_t kStops = 4;

 private:
  Scratch(const StoppedTask& task, const Gadgets& gadgets, std::uint64_t stack, std::size_t size)
      : task_(task), gadgets_(gadgets), stack_(stack), size_(size) {}
  [[nodiscard]] Result<long> call(long number, const CallArguments& arguments) const;

  StoppedTask task_;
  Gadgets gadgets_;
  std::uint64_t stack_;  ///< where a frame may lie; 0 = nowhere
  std::size_t size_;
  std::uint64_t address_ = 0;
};

}  // namespace rb::capture
