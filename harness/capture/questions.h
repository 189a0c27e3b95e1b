// What stopped tasks are made to call, many tasks at a time.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "base/error.h"
#include "harness/capture/inject.h"

namespace rb::capture {

/// A series of system calls that one stopped task makes in one go.
class Questions {
 public:
  /// Stands in the arguments of a call for the address of what it stores.
  static constexpr std::uint64_t kRoom = ~0ull << 32;
  /// The same for the first of the pages that are mapped to ask.
  static constexpr std::uint64_t kPages = kRoom + 1;

  /// @param signals  bit n-1 = signal n: which the task neither handles, blocks, nor has
  ///   pending, and whose effect on it is none. By one of them it stops when it has called.
  Questions(const StoppedTask& task, pid_t process, std::uint64_t signals)
      : task_(task), process_(process), signals_(signals) {}

  /// A call whose result is what it returns.
  void call(long number, const CallArguments& arguments, std::function<void(long)> use) {
    calls_.push_back({number, arguments, 0,
                      [use = std::move(use)](long result, const std::byte*) { use(result); }});
  }

  /// A call that fails, or stores a value where an argument says kRoom.
  template <class Value, class Use>
  void ask(long number, const CallArguments& arguments, Use use) {
    calls_.push_back({number, arguments, sizeof(Value), [use](long, const std::byte* stored) {
                        Value value{};
                        std::memcpy(&value, stored, sizeof value);
                        use(value);
                      }});
  }

  [[nodiscard]] const StoppedTask& task() const { return task_; }

 private:
  friend class Asked;
  struct Call {
    long number;
    CallArguments arguments;
    std::size_t stores;  ///< bytes; 0 = the result is what it returns
    std::function<void(long, const std::byte*)> use;
  };
  StoppedTask task_;
  pid_t process_;
  std::uint64_t signals_;
  std::vector<Call> calls_;
};

/// Makes tasks of one address space call, as many at a time as there is room for, and hands on
/// what they say. Each is as before when this returns, whatever failed.
/// @param most  bytes of pages that are mapped there meanwhile, unless one task needs more
/// @param known  see Scratch::map()
/// @param stops  how often a task was stopped is added: once, and for the first one
///   Scratch::kStops times; where no signal can be used twice for each call
[[nodiscard]] Status ask_all(std::span<const Questions> all, std::span<const ProcMapping> mappings,
                             std::size_t most, Gadgets& known, std::size_t& stops);

}  // namespace rb::capture
