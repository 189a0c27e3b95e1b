// How events are divided into passes, and what becomes of their counts; with doubles.
#include "harness/counters/passes.h"

#include <catch2/catch.hpp>

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

class FakeSource final : public CounterSource {
 public:
  explicit FakeSource(Log& log) : log_(log) {}
  std::unique_ptr<CounterGroup> open(std::span<const EventSpec> events, CountScope) override {
    log_.add("open " + std::to_string(events.size()));
    return std::make_unique<FakeGroup>(log_, events);
  }
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
