// A build without libperf.
#include "harness/counters/counters.h"

namespace rb {
namespace {

class NoSource final : public CounterSource {
 public:
  std::unique_ptr<CounterGroup> open(std::span<const EventSpec> events) override {
    return std::make_unique<NoGroup>(events.size());
  }
  Result<std::unique_ptr<MemoryTrace>> trace(std::span<const EventSpec> /*allocations*/) override {
    return tl::unexpected(error());
  }
  Status usable() override { return tl::unexpected(error()); }

 private:
  static Error error() {
    return {ErrorKind::kLacking, "bench was built without libperf, and counts nothing",
            "run scripts/fetch-libperf, then build again"};
  }

  class NoGroup final : public CounterGroup {
   public:
    explicit NoGroup(std::size_t events) : events_(events) {}
    void start() override {}
    void stop() override {}
    std::vector<Count> read() override {
      return std::vector<Count>(events_, tl::unexpected(error()));
    }

   private:
    std::size_t events_;
  };
};

}  // namespace

CounterSource& perf_counters() {
  static NoSource source;
  return source;
}

}  // namespace rb
