// A clock that stands still while the machine is brought into order.
#pragma once

#include "strategies/stage.h"

namespace rb {

/// Another source of time, without the time that settling took.
class SettledTime final : public TimeSource {
 public:
  /// @param settle_machine  brings the machine to the state in which every restart begins; or
  ///                        nullptr
  SettledTime(TimeSource& source, void (*settle_machine)())
      : source_(source), settle_machine_(settle_machine) {}

  [[nodiscard]] std::uint64_t now_ns() override { return source_.now_ns() - settling_ns_; }

  void settle() override {
    if (settle_machine_ == nullptr) return;
    const std::uint64_t begin = source_.now_ns();
    settle_machine_();
    settling_ns_ += source_.now_ns() - begin;
  }

 private:
  TimeSource& source_;
  void (*settle_machine_)();
  std::uint64_t settling_ns_ = 0;
};

}  // namespace rb
