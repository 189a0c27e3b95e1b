#include <optional>

#include "harness/counters/counters.h"
#include "harness/counters/libperf.h"

namespace rb {
namespace {

class PerfGroup final : public CounterGroup {
 public:
  PerfGroup(std::span<const EventSpec> events, const Result<Tracefs>& tracefs)
      : list_(perf_evlist__new()) {
    RB_ASSERT(list_ != nullptr);
    for (const EventSpec& event : events) add(event, tracefs);
    perf_cpu_map* cpus = perf_cpu_map__dummy_new();
    perf_thread_map* threads = perf_thread_map__new_dummy();
    perf_thread_map__set_pid(threads, 0, 0);  // 0: the caller
    perf_evlist__set_maps(list_.get(), cpus, threads);
    perf_cpu_map__put(cpus);
    perf_thread_map__put(threads);
    for (std::size_t i = 0; i < counters_.size(); ++i) open(counters_[i], events[i]);
  }
  PerfGroup(const PerfGroup&) = delete;
  PerfGroup& operator=(const PerfGroup&) = delete;
  ~PerfGroup() override {
    for (Counter& counter : counters_) {
      if (counter.event == nullptr) continue;
      perf_evsel__close(counter.event);
      remove(counter);
    }
  }

  void start() override {
    for (Counter& counter : counters_) {
      if (counter.event == nullptr) continue;
      counter.before = sum(counter);
      perf_evsel__enable(counter.event);
    }
  }
  void stop() override {
    for (Counter& counter : counters_) {
      if (counter.event != nullptr) perf_evsel__disable(counter.event);
    }
  }
  std::vector<Count> read() override {
    std::vector<Count> counts;
    for (const Counter& counter : counters_) {
      if (counter.event == nullptr) {
        counts.emplace_back(tl::unexpected(*counter.error));
      } else {
        counts.push_back(difference(counter));
      }
    }
    return counts;
  }

 private:
  struct Counter {
    perf_evsel* event = nullptr;  ///< the list's; nullptr: see error
    std::optional<Error> error;
    perf_counts_values before{};
  };

  void add(const EventSpec& event, const Result<Tracefs>& tracefs) {
    Counter& counter = counters_.emplace_back();
    auto attr = attributes(event, tracefs);
    if (!attr) {
      counter.error = std::move(attr).error();
      return;
    }
    attr->inherit = 1;
    attr->read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    counter.event = perf_evsel__new(&*attr);
    RB_ASSERT(counter.event != nullptr);
    perf_evlist__add(list_.get(), counter.event);
  }

  void open(Counter& counter, const EventSpec& event) {
    if (counter.event == nullptr) return;
    if (auto opened = open_event(counter.event, event); !opened) {
      counter.error = std::move(opened).error();
      remove(counter);
    }
  }

  void remove(Counter& counter) {
    remove_event(list_.get(), std::exchange(counter.event, nullptr));
  }

  /// Over all CPUs; each value of an event includes those of its copies in descendants.
  static perf_counts_values sum(const Counter& counter) {
    perf_counts_values sum{};
    const int cpus = perf_cpu_map__nr(perf_evsel__cpus(counter.event));
    for (int cpu = 0; cpu < cpus; ++cpu) {
      perf_counts_values value{};
      RB_ASSERT(perf_evsel__read(counter.event, cpu, 0, &value) == 0);
      sum.val += value.val;
      sum.ena += value.ena;
      sum.run += value.run;
    }
    return sum;
  }

  static Count difference(const Counter& counter) {
    const perf_counts_values now = sum(counter);
    const std::uint64_t enabled = now.ena - counter.before.ena;
    const std::uint64_t running = now.run - counter.before.run;
    // Other users of the hardware's counters: what was counted now and then is a guess.
    if (running < enabled) {
      return fail(ErrorKind::kLacking, "the machine's counters are in use by others");
    }
    return now.val - counter.before.val;
  }

  EventList list_;
  std::vector<Counter> counters_;
};

class PerfSource final : public CounterSource {
 public:
  std::unique_ptr<CounterGroup> open(std::span<const EventSpec> events) override {
    return std::make_unique<PerfGroup>(events, Tracefs::open());
  }

  Result<std::unique_ptr<MemoryTrace>> trace(std::span<const EventSpec> allocations) override {
    return open_perf_trace(allocations);
  }

  Status usable() override {
    // A software event, which every machine has: only privileges can be missing.
    const EventSpec probe = {
        "context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, {}, {}};
    const auto counts = open({&probe, 1})->read();
    if (counts.front()) return {};
    return tl::unexpected(counts.front().error());
  }
};

}  // namespace

CounterSource& perf_counters() {
  static PerfSource source;
  [[maybe_unused]] static const bool kReady = [] {
    libperf_init([](libperf_print_level, const char*, va_list) { return 0; });
    return true;
  }();
  return source;
}

}  // namespace rb
