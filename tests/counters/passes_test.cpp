// How events are divided into passes, and what becomes of their counts; with doubles.
#include "harness/counters/passes.h"

#include <catch2/catch.hpp>
#include <optional>

#include "harness/counters/catalog.h"

namespace rb::test {
namespace {

struct Log {
  std::vector<std::string> lines;
  void add(std::string line) { lines.push_back(std::move(line)); }
};

/// Counts 10, 20, ... for every event but "broken".
class FakeGroup final : public CounterGroup {
 public:
  FakeGroup(Log& log, std::span<const EventSpec> events) : log_(log) {
    for (const EventSpec& event : events) names_.push_back(event.name);
  }
  ~FakeGroup() override { log_.add("close"); }
  void start() override { log_.add("start"); }
  void stop() override { log_.add("stop"); }
  std::vector<Count> read() override {
    ++reads_;
    std::vector<Count> counts;
    for (const std::string& name : names_) {
      if (name == "broken") {
        counts.emplace_back(fail(ErrorKind::kLacking, "broken: no such thing"));
      } else {
        counts.emplace_back(reads_ * 10);
      }
    }
    return counts;
  }

 private:
  Log& log_;
  std::vector<std::string> names_;
  std::uint64_t reads_ = 0;
};

/// The nth restart allocates n + 1 objects of the first event, of which it frees n.
class FakeTrace final : public MemoryTrace {
 public:
  FakeTrace(Log& log, int overflow_at) : log_(log), overflow_at_(overflow_at) {}
  ~FakeTrace() override { log_.add("close"); }
  void start() override { log_.add("start"); }
  void stop_allocations() override { log_.add("stop allocations"); }
  void collect() override {
    if (log_.lines.back() != "collect") log_.add("collect");
  }
  void stop() override { log_.add("stop"); }
  Result<std::vector<MemoryEvent>> read() override {
    if (++reads_ == overflow_at_) return fail(ErrorKind::kLacking, "too much");
    std::vector<MemoryEvent> recorded;
    for (std::uint64_t i = 0; i <= reads_; ++i) recorded.push_back({1, i, 0});
    for (std::uint64_t i = 1; i <= reads_; ++i) recorded.push_back({2, i, std::nullopt});
    return recorded;
  }

 private:
  Log& log_;
  std::uint64_t reads_ = 0;
  std::uint64_t overflow_at_;
};

class FakeSource final : public CounterSource {
 public:
  explicit FakeSource(Log& log) : log_(log) {}
  std::unique_ptr<CounterGroup> open(std::span<const EventSpec> events) override {
    log_.add("open " + std::to_string(events.size()));
    return std::make_unique<FakeGroup>(log_, events);
  }
  Result<std::unique_ptr<MemoryTrace>> trace(std::span<const EventSpec> allocations) override {
    log_.add("trace " + std::to_string(allocations.size()));
    if (trace_error) return tl::unexpected(*trace_error);
    return std::make_unique<FakeTrace>(log_, overflow_at);
  }

  std::optional<Error> trace_error;
  int overflow_at = 0;
  Status usable() override { return {}; }

 private:
  Log& log_;
};

class NoTree final : public Tree {
 public:
  explicit NoTree(Log& log) : log_(log) {}
  TreeAccess access() const override { return {}; }
  Status release() override { return {}; }
  Status destroy() override {
    log_.add("destroy");
    return {};
  }

 private:
  Log& log_;
};

class FakeRestarter final : public Restarter {
 public:
  explicit FakeRestarter(Log& log) : log_(log) {}
  Result<std::unique_ptr<Tree>> restart(StageClock&) override {
    log_.add("restart");
    return std::make_unique<NoTree>(log_);
  }

 private:
  Log& log_;
};

class Steps final : public TimeSource {
 public:
  std::uint64_t now_ns() override { return now_ += 100; }

 private:
  std::uint64_t now_ = 0;
};

std::vector<EventSpec> named(std::initializer_list<const char*> names) {
  std::vector<EventSpec> events;
  for (const char* name : names) events.push_back({name, 0, 0, {}, {}});
  return events;
}

}  // namespace

TEST_CASE("no more events than fit are open at a time", "[passes]") {
  Log log;
  FakeSource source(log);
  Steps time;
  const CountedSubject subject = {
      [&] { return std::make_unique<FakeRestarter>(log); }, time, {}, {}};
  const auto counted = count_restarts(subject, source, named({"a", "b", "c", "broken", "e"}));
  REQUIRE(counted.has_value());
  REQUIRE(counted->events.size() == 5);
  CHECK(counted->events[0].counts.value() == std::vector<std::uint64_t>{10, 20, 30});
  CHECK(counted->events[4].name == "e");
  CHECK(counted->events[4].counts.value() == std::vector<std::uint64_t>{10, 20, 30});
  // What could not be counted is no number.
  REQUIRE_FALSE(counted->events[3].counts.has_value());
  CHECK(counted->events[3].counts.error().message == "broken: no such thing");

  std::vector<std::string> once = {"restart", "destroy"};  // warm
  for (int i = 0; i < kRestartsPerPass; ++i) {
    const auto pair = {"restart", "destroy", "start", "restart", "stop", "destroy"};
    once.insert(once.end(), pair.begin(), pair.end());
  }
  std::vector<std::string> all = {"open 4"};
  all.insert(all.end(), once.begin(), once.end());
  all.insert(all.end(), {"close", "open 1"});
  all.insert(all.end(), once.begin(), once.end());
  all.push_back("close");
  CHECK(log.lines == all);
}

TEST_CASE("destroyed is what a restart allocates and is freed until all is settled", "[passes]") {
  Log log;
  FakeSource source(log);
  Steps time;
  const CountedSubject subject = {
      [&] { return std::make_unique<FakeRestarter>(log); }, time, {}, {}};
  const auto counted = count_destroyed(subject, source, named({"a", "b"}));
  REQUIRE(counted.has_value());
  REQUIRE(counted->size() == 2);
  CHECK((*counted)[0].counts.value() == std::vector<std::uint64_t>{1, 2, 3});
  CHECK((*counted)[1].counts.value() == std::vector<std::uint64_t>{0, 0, 0});
  std::vector<std::string> all = {"trace 2", "restart", "destroy"};
  for (int i = 0; i < kRestartsPerPass; ++i) {
    const auto each = {"start", "restart", "stop allocations", "collect", "stop", "destroy"};
    all.insert(all.end(), each.begin(), each.end());
  }
  all.push_back("close");
  CHECK(log.lines == all);
}

TEST_CASE("what cannot be traced, or all of it, is no number", "[passes]") {
  Log log;
  FakeSource source(log);
  Steps time;
  const CountedSubject subject = {
      [&] { return std::make_unique<FakeRestarter>(log); }, time, {}, {}};
  source.overflow_at = 3;
  const auto overflown = count_destroyed(subject, source, named({"a", "b"}));
  REQUIRE(overflown.has_value());
  CHECK((*overflown)[0].counts.error().message == "too much");
  CHECK((*overflown)[1].counts.error().message == "too much");
  source.trace_error = Error{ErrorKind::kLacking, "no such tracepoint", {}};
  const auto none = count_destroyed(subject, source, named({"a"}));
  REQUIRE(none.has_value());
  CHECK((*none)[0].counts.error().message == "no such tracepoint");
}

TEST_CASE("a free belongs to the last allocation of its address", "[passes]") {
  constexpr auto kFree = std::nullopt;
  const auto freed = [](std::vector<MemoryEvent> events) { return freed_again(events, 2); };
  using Counts = std::vector<std::uint64_t>;
  CHECK(freed({{1, 0xa, 0}, {2, 0xb, 0}, {3, 0xa, kFree}, {4, 0xa, 1}, {5, 0xa, kFree}}) ==
        Counts{1, 1});
  CHECK(freed({{1, 0xa, kFree}, {2, 0xa, 0}}) == Counts{0, 0});                   // of another's
  CHECK(freed({{1, 0xa, 0}, {2, 0xa, kFree}, {3, 0xa, kFree}}) == Counts{1, 0});  // the same
}

TEST_CASE("allocations are those of a task and its descendants", "[passes]") {
  // Recorded by CPU, each in its order: 7 makes 8 makes 9; 5 is a stranger and makes 6.
  const std::vector<ForkEvent> forks = {{10, 7, 8}, {30, 5, 6}, {20, 8, 9}, {60, 5, 9}};
  std::vector<MemoryEvent> events;
  for (const std::uint32_t task : {5, 6, 7, 8, 9}) events.push_back({40, task, 0, task});
  events.push_back({5, 0x8, 0, 8});   // before it was 7's
  events.push_back({70, 0x9, 0, 9});  // a number that is a stranger's now
  events.push_back({50, 0x7, std::nullopt, 5});
  std::vector<std::uint32_t> tasks;
  for (const MemoryEvent& event : of_descendants(events, forks, 7)) tasks.push_back(event.task);
  CHECK(tasks == std::vector<std::uint32_t>{7, 8, 9, 5});
}

TEST_CASE("the cost of counting is a ratio of medians", "[passes]") {
  CountedRestarts counted;
  CHECK_FALSE(counting_cost(counted).has_value());
  counted.counted_ns = {300, 240, 1000};
  counted.uncounted_ns = {200, 1, 900};
  CHECK(counting_cost(counted).value() == Approx(1.5));
  CHECK(middle({4, 1, 3, 2}) == 2);
}

TEST_CASE("a restart that is interrupted or fails ends the counting", "[passes]") {
  Log log;
  FakeSource source(log);
  Steps time;
  CountedSubject subject = {[&] { return std::make_unique<FakeRestarter>(log); }, time, {}, {}};
  subject.stop = [] { return true; };
  const auto stopped = count_restarts(subject, source, named({"a"}));
  REQUIRE_FALSE(stopped.has_value());
  CHECK(stopped.error().message == "interrupted");
  subject.prepare = [] { return fail(ErrorKind::kSystem, "no zygote"); };
  const auto failed = count_restarts(subject, source, named({"a"}));
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().message == "no zygote");
}

TEST_CASE("counters have names", "[passes]") {
  CHECK(parse_counters({"all"})->size() == counter_catalog().size());
  const auto two = parse_counters({"cycles", "task-clock", "cycles"});
  REQUIRE(two.has_value());
  REQUIRE(two->size() == 2);
  CHECK((*two)[0].name == "cycles");
  const auto wrong = parse_counters({"cylces"});
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().kind == ErrorKind::kUsage);
}

}  // namespace rb::test
