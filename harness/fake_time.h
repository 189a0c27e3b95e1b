// A clock that nobody waits for.
#pragma once

#include "strategies/stage.h"

namespace rb {

/// Each look advances it by 1.0 to 2.0 us, always by the same sequence: numbers
/// that vary as measured ones do and come out alike in every run.
class FakeTime final : public TimeSource {
 public:
  std::uint64_t now_ns() override {
    // 389 is prime to 1001, so that all steps occur.
    now_ns_ += 1000 + (++looks_ * 389) % 1001;
    return now_ns_;
  }

 private:
  std::uint64_t now_ns_ = 0;
  std::uint64_t looks_ = 0;
};

}  // namespace rb
