#include <linux/perf_event.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "harness/counters/counters.h"
#include "harness/counters/tracefs.h"

// Its headers are C.
extern "C" {
#include <perf/core.h>
#include <perf/cpumap.h>
#include <perf/evlist.h>
#include <perf/evsel.h>
#include <perf/threadmap.h>
// In the static library, though not in its headers; 0 or -1 and errno.
// NOLINTNEXTLINE(bugprone-reserved-identifier): libperf's name
int perf_evsel__apply_filter(perf_evsel* evsel, const char* filter);
}

namespace rb {
namespace {

struct EvlistDeleter {
  void operator()(perf_evlist* list) const { perf_evlist__delete(list); }
};

/// What to tell of an event that could not be opened.
Error refused(const EventSpec& event, int error) {
  const char* why = std::strerror(error);
  if (error == ENOENT && event.tracepoint.empty()) why = "this machine does not count it";
  return {
      ErrorKind::kLacking, event.name + ": " + why,
      error == EACCES || error == EPERM ? "run as root, or lower kernel.perf_event_paranoid" : ""};
}

class PerfGroup final : public CounterGroup {
 public:
  PerfGroup(std::span<const EventSpec> events, CountScope scope, const Result<Tracefs>& tracefs)
      : list_(perf_evlist__new()) {
    RB_ASSERT(list_ != nullptr);
    for (const EventSpec& event : events) add(event, scope, tracefs);
    const bool machine = scope == CountScope::kMachine;
    perf_cpu_map* cpus = machine ? perf_cpu_map__new(nullptr) : perf_cpu_map__dummy_new();
    perf_thread_map* threads = perf_thread_map__new_dummy();  // pid -1: all
    if (!machine) perf_thread_map__set_pid(threads, 0, 0);    // 0: the caller
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

  void add(const EventSpec& event, CountScope scope, const Result<Tracefs>& tracefs) {
    Counter& counter = counters_.emplace_back();
    perf_event_attr attr{};
    attr.size = sizeof attr;
    attr.type = event.type;
    attr.config = event.config;
    attr.disabled = 1;
    attr.inherit = scope == CountScope::kDescendants ? 1 : 0;
    attr.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    if (!event.tracepoint.empty()) {
      const auto id =
          tracefs.and_then([&](const Tracefs& open) { return open.event_id(event.tracepoint); });
      if (!id) {
        counter.error = id.error();
        return;
      }
      attr.type = PERF_TYPE_TRACEPOINT;
      attr.config = *id;
    }
    counter.event = perf_evsel__new(&attr);
    RB_ASSERT(counter.event != nullptr);
    perf_evlist__add(list_.get(), counter.event);
  }

  /// Not perf_evlist__open(), which closes everything when one event is refused.
  void open(Counter& counter, const EventSpec& event) {
    if (counter.event == nullptr) return;
    int error = -perf_evsel__open(counter.event, perf_evsel__cpus(counter.event),
                                  perf_evsel__threads(counter.event));
    if (error == 0 && !event.filter.empty() &&
        perf_evsel__apply_filter(counter.event, event.filter.c_str()) != 0) {
      error = errno;
      perf_evsel__close(counter.event);
    }
    if (error == 0) return;
    counter.error = refused(event, error);
    // Left in the list, an event that is not open crashes what goes through it.
    remove(counter);
  }

  /// Deletes the event with its references to the list's maps, which libperf forgets.
  void remove(Counter& counter) {
    perf_evsel* const event = std::exchange(counter.event, nullptr);
    perf_evlist__remove(list_.get(), event);
    perf_cpu_map__put(perf_evsel__cpus(event));
    perf_thread_map__put(perf_evsel__threads(event));
    perf_evsel__delete(event);
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

  std::unique_ptr<perf_evlist, EvlistDeleter> list_;
  std::vector<Counter> counters_;
};

class PerfSource final : public CounterSource {
 public:
  std::unique_ptr<CounterGroup> open(std::span<const EventSpec> events, CountScope scope) override {
    return std::make_unique<PerfGroup>(events, scope, Tracefs::open());
  }

  Status usable() override {
    // A software event, which every machine has: only privileges can be missing.
    const EventSpec probe = {
        "context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, {}, {}};
    const auto counts = open({&probe, 1}, CountScope::kDescendants)->read();
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
