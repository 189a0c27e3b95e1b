// Records of allocations and frees, out of the kernel's ring buffers.
#include <unistd.h>

#include <cstring>
#include <map>

#include "harness/counters/busy_cpus.h"
#include "harness/counters/libperf.h"

namespace rb {
namespace {

constexpr int kPages = 2048;  // of each ring buffer; a record takes some 80 bytes

/// What is recorded of each event, in the order in which it stands in the record.
constexpr std::uint64_t kSampled =
    PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID | PERF_SAMPLE_RAW;
struct Sample {
  perf_event_header header;
  std::uint32_t pid;
  std::uint32_t tid;
  std::uint64_t time;
  std::uint64_t id;
  std::uint32_t raw_size;
  // raw_size bytes of the tracepoint's own
};
constexpr std::size_t kRawAt = offsetof(Sample, raw_size) + sizeof(std::uint32_t);

struct Traced {
  perf_evsel* event;
  std::size_t address_at;  ///< in its record
  std::optional<std::size_t> allocation;
};

class PerfTrace final : public MemoryTrace {
 public:
  PerfTrace() {
    RB_ASSERT(list_ != nullptr);
    perf_cpu_map* cpus = perf_cpu_map__new(nullptr);          // all
    perf_thread_map* threads = perf_thread_map__new_dummy();  // pid -1: all
    perf_evlist__set_maps(list_.get(), cpus, threads);
    perf_cpu_map__put(cpus);
    perf_thread_map__put(threads);
  }
  PerfTrace(const PerfTrace&) = delete;
  PerfTrace& operator=(const PerfTrace&) = delete;
  ~PerfTrace() override {
    perf_evlist__munmap(list_.get());
    for (perf_evsel* event : opened_) {
      perf_evsel__close(event);
      remove_event(list_.get(), event);
    }
  }

  Status open(std::span<const EventSpec> allocations) {
    const auto tracefs = Tracefs::open();
    for (std::size_t i = 0; i < allocations.size(); ++i) {
      RB_TRY(trace(allocations[i], i, tracefs));
    }
    for (const char* free : {"kmem:kfree", "kmem:kmem_cache_free"}) {
      RB_TRY(trace({free, 0, 0, free, {}}, std::nullopt, tracefs));
    }
    const EventSpec nothing = {"forks", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_DUMMY, {}, {}};
    auto attr = attributes(nothing, tracefs);
    attr->task = 1;
    auto forks = add(*attr, nothing);
    if (!forks) return tl::unexpected(std::move(forks).error());
    if (perf_evlist__mmap(list_.get(), kPages) != 0) {
      return fail(ErrorKind::kLacking, "no memory to record allocations in");
    }
    perf_evsel__enable(*forks);
    return find_ids();
  }

  void start() override {
    collect();
    recorded_.clear();
    lost_ = 0;
    busy_.start();
    // Frees first: no allocation is without its free.
    enable(false);
    enable(true);
  }
  void stop_allocations() override {
    for (const Traced& one : traced_) {
      if (one.allocation) perf_evsel__disable(one.event);
    }
  }
  void stop() override {
    for (const Traced& one : traced_) perf_evsel__disable(one.event);
    busy_.stop();
    collect();
  }

  void collect() override {
    perf_mmap* ring = nullptr;
    perf_evlist__for_each_mmap(list_.get(), ring, false) {
      if (perf_mmap__read_init(ring) < 0) continue;
      while (const perf_event* event = perf_mmap__read_event(ring)) {
        keep(reinterpret_cast<const perf_event_header*>(event));
        perf_mmap__consume(ring);
      }
      perf_mmap__read_done(ring);
    }
  }

  Result<std::vector<MemoryEvent>> read() override {
    if (lost_ > 0) {
      return fail(ErrorKind::kLacking,
                  "more is allocated and freed on this machine than can be recorded");
    }
    return of_descendants(std::move(recorded_), forks_, static_cast<std::uint32_t>(::gettid()));
  }

 private:
  Result<perf_evsel*> add(perf_event_attr attr, const EventSpec& spec) {
    attr.sample_type = kSampled;
    attr.read_format = PERF_FORMAT_ID;
    perf_evsel* const event = perf_evsel__new(&attr);
    RB_ASSERT(event != nullptr);
    perf_evlist__add(list_.get(), event);
    if (auto opened = open_event(event, spec); !opened) {
      remove_event(list_.get(), event);
      return tl::unexpected(std::move(opened).error());
    }
    opened_.push_back(event);
    return event;
  }

  Status trace(const EventSpec& spec, std::optional<std::size_t> allocation,
               const Result<Tracefs>& tracefs) {
    auto attr = attributes(spec, tracefs);
    if (!attr) return tl::unexpected(std::move(attr).error());
    const auto address_at = tracefs->field_offset(spec.tracepoint, "ptr");
    if (!address_at) return tl::unexpected(address_at.error());
    attr->sample_period = 1;
    auto event = add(*attr, spec);
    if (!event) return tl::unexpected(std::move(event).error());
    traced_.push_back({*event, *address_at, allocation});
    return {};
  }

  /// Records name their event by the number that its descriptor has on the CPU.
  Status find_ids() {
    for (const Traced& one : traced_) {
      const int cpus = perf_cpu_map__nr(perf_evsel__cpus(one.event));
      for (int cpu = 0; cpu < cpus; ++cpu) {
        perf_counts_values value{};
        if (perf_evsel__read(one.event, cpu, 0, &value) != 0) return fail_errno("perf event");
        by_id_[value.id] = &one;
      }
    }
    return {};
  }

  void enable(bool allocations) {
    for (const Traced& one : traced_) {
      if (one.allocation.has_value() == allocations) perf_evsel__enable(one.event);
    }
  }

  void keep(const perf_event_header* header) {
    if (header->type == PERF_RECORD_LOST) ++lost_;
    if (header->type == PERF_RECORD_FORK) {
      perf_record_fork fork{};
      std::memcpy(&fork, header, sizeof fork);
      forks_.push_back({fork.time, fork.ptid, fork.tid});
    }
    if (header->type != PERF_RECORD_SAMPLE) return;
    Sample sample{};
    std::memcpy(&sample, header, kRawAt);
    const auto found = by_id_.find(sample.id);
    RB_ASSERT(found != by_id_.end());
    const std::size_t at = kRawAt + found->second->address_at;
    MemoryEvent event{sample.time, 0, found->second->allocation, sample.tid};
    RB_ASSERT(at + sizeof event.address <= header->size);
    std::memcpy(&event.address, reinterpret_cast<const char*>(header) + at, sizeof event.address);
    recorded_.push_back(event);
  }

  EventList list_{perf_evlist__new()};
  std::vector<perf_evsel*> opened_;
  std::vector<Traced> traced_;
  std::map<std::uint64_t, const Traced*> by_id_;
  std::vector<MemoryEvent> recorded_;
  std::vector<ForkEvent> forks_;  ///< since it was opened
  std::uint64_t lost_ = 0;
  BusyCpus busy_;
};

}  // namespace

Result<std::unique_ptr<MemoryTrace>> open_perf_trace(std::span<const EventSpec> allocations) {
  auto trace = std::make_unique<PerfTrace>();
  RB_TRY(trace->open(allocations));
  return trace;
}

}  // namespace rb
