#include "fake_counters.h"

namespace rb::test {
namespace {

class FakeGroup final : public CounterGroup {
 public:
  explicit FakeGroup(std::span<const EventSpec> events) : events_(events.begin(), events.end()) {}
  void start() override {}
  void stop() override {}
  std::vector<Count> read() override {
    std::vector<Count> counts;
    for (const EventSpec& event : events_) {
      if (event.name == "cycles") {
        counts.emplace_back(fail(ErrorKind::kLacking, "cycles: this machine does not count it"));
      } else {
        counts.emplace_back(7 * (counts.size() + 1));
      }
    }
    return counts;
  }

 private:
  std::vector<EventSpec> events_;
};

class FakeTrace final : public MemoryTrace {
 public:
  explicit FakeTrace(std::size_t events) : events_(events) {}
  void start() override {}
  void stop_allocations() override {}
  void collect() override {}
  void stop() override {}
  Result<std::vector<MemoryEvent>> read() override {
    std::vector<MemoryEvent> recorded;
    for (std::size_t i = 0; i < events_; ++i) {
      recorded.push_back({1, 0x1000 * i, i});
      if (i % 2 == 0) recorded.push_back({2, 0x1000 * i, std::nullopt});
    }
    return recorded;
  }

 private:
  std::size_t events_;
};

class FakeSource final : public CounterSource {
 public:
  std::unique_ptr<CounterGroup> open(std::span<const EventSpec> events) override {
    return std::make_unique<FakeGroup>(events);
  }
  Result<std::unique_ptr<MemoryTrace>> trace(std::span<const EventSpec> allocations) override {
    return std::make_unique<FakeTrace>(allocations.size());
  }
  Status usable() override { return {}; }
};

}  // namespace

CounterSource& fake_counters() {
  static FakeSource source;
  return source;
}

Result<KernelFacts> fake_kernel_facts() {
  KernelFacts facts;
  facts.allocations_name_caches = true;
  for (const char* cache :
       {"mm_struct", "vm_area_struct", "files_cache", "fs_cache", "sighand_cache", "signal_cache",
        "task_struct", "pid", "cred", "filp"}) {
    facts.caches[cache] = {128, false};
  }
  facts.functions["alloc_fdtable"] = {{0x1000, 0x2000}};
  facts.functions["vm_area_dup"] = {{0x3000, 0x4000}};
  return facts;
}

}  // namespace rb::test
