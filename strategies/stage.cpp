#include "strategies/stage.h"

#include <x86intrin.h>

#include <ctime>

namespace rb {

std::string_view stage_name(Stage stage) {
  static constexpr std::array<std::string_view, kStageCount> kNames = {
      "plan", "create", "attach", "open_files", "memory", "registers", "barrier"};
  return kNames[static_cast<std::size_t>(stage)];
}

namespace {

class MonotonicTime final : public TimeSource {
 public:
  std::uint64_t now_ns() override {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
           static_cast<std::uint64_t>(now.tv_nsec);
  }
};

class CycleCounter final : public TimeSource {
 public:
  std::uint64_t now_ns() override { return __rdtsc(); }
};

}  // namespace

TimeSource& monotonic_time() {
  static MonotonicTime source;
  return source;
}

TimeSource& cycle_counter() {
  static CycleCounter source;
  return source;
}

}  // namespace rb
