// Every allocation of a restart fails once, and every copy from and to user space: always an
// error that says so or none at all, every task gone, every object given back, and the next
// restart works. Where the kernel has fault injection: scripts/debug-suite.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <iostream>
#include <iterator>

#include "tests/module/faults.h"
#include "tests/module/handover.h"
#include "tests/module/slabs.h"
#include "tests/module/trial.h"
#include "tests/native/restart.h"
#include "tests/support/sample_image.h"

namespace rb::test {
namespace {

constexpr unsigned kMostSites = 5000;
constexpr const char* kSkipped = "skipped: this kernel has no fault injection";

struct Named {
  const char* name;
  Image image;
  bool release;  ///< its tasks have code to run
};

std::vector<Named> images() {
  make_sample_files();
  auto sample = sample_image().to_image();
  REQUIRE(sample);
  std::vector<Named> images;
  images.push_back({"the sample", std::move(*sample), false});
  images.push_back({"prefork", workload_image("prefork", {{"workers", 1}, {"threads", 1}}), true});
  return images;
}

std::string text(const Outcome& outcome) {
  return fmt::format(
      "error {}, release {}, finished {}, state {}, status error {}, where {}, live {}",
      outcome.error, outcome.release_error, outcome.finished, outcome.status.state,
      outcome.status.error, outcome.status.where, outcome.status.live);
}

/// What a call says that had no memory or could not copy: EAGAIN of signals and tasks, ENOLCK
/// of locks, ECANCELED where an optimistic task could not clone and said so. Nothing, where the
/// kernel makes up for it.
bool is_clean(int error) {
  constexpr int kClean[] = {0, ENOMEM, EFAULT, EAGAIN, ENOLCK, ECANCELED};
  return std::find(std::begin(kClean), std::end(kClean), error) != std::end(kClean);
}

void check_clean(const Outcome& outcome) {
  INFO(text(outcome));
  CHECK(outcome.finished);
  CHECK(is_clean(outcome.error));
  CHECK(is_clean(outcome.release_error));
  CHECK(tasks_inside() == 0);
}

void check_restarts(const Image& image, const Trial& trial) {
  const Outcome outcome = run(image, trial);
  INFO("the next restart: " << text(outcome));
  CHECK(outcome.finished);
  CHECK(outcome.error == 0);
  CHECK(outcome.release_error == 0);
}

/// Counts the sites of which a failure ends the restart, and all.
struct Sites {
  unsigned fatal = 0;
  unsigned all = 0;
  void add(const Outcome& outcome) {
    ++all;
    if (outcome.error != 0 || outcome.release_error != 0) ++fatal;
  }
};

/// All images in both modes; then nothing may be left.
template <class Body>
void with_all_images(Body body) {
  const std::vector<Named> all = images();
  prepare_faults();
  for (int i = 0; i < 3; ++i) {  // the kernel's caches fill
    for (const Named& named : all)
      for (const bool optimistic : {false, true})
        check_restarts(named.image, {.optimistic = optimistic, .release = named.release});
  }
  const Slabs before = Slabs::now();
  for (const Named& named : all) {
    for (const bool optimistic : {false, true}) {
      const std::string name =
          fmt::format("{}, {}", named.name, optimistic ? "optimistic" : "kernel");
      INFO(name);
      Trial trial;
      trial.optimistic = optimistic;
      trial.release = named.release;
      body(name, named.image, trial);
      check_restarts(named.image, trial);
    }
  }
  for (const std::string& leak : before.leaks()) FAIL_CHECK(leak);
}

Sites fail_each(const Image& image, Trial trial) {
  Sites sites;
  for (trial.fail_nth = 1; trial.fail_nth < kMostSites; ++trial.fail_nth) {
    INFO("failure " << trial.fail_nth);
    const Outcome outcome = run(image, trial);
    check_clean(outcome);
    if (!outcome.failed_nth) return sites;
    sites.add(outcome);
  }
  FAIL_CHECK("more than " << kMostSites << " sites");
  return sites;
}

TEST_CASE("each allocation and copy of each call can fail", "[.allocations]") {
  if (!can_inject_faults()) {
    std::cerr << kSkipped << "\n";
    return;
  }
  constexpr std::pair<Call, const char*> kCalls[] = {
      {Call::kOpen, "open"},   {Call::kLoad, "LOAD"},     {Call::kGive, "GIVE_FILES"},
      {Call::kRun, "RUN"},     {Call::kStatus, "STATUS"}, {Call::kRelease, "RELEASE"},
      {Call::kAbort, "ABORT"}, {Call::kClose, "close"},
  };
  with_all_images([&](const std::string& name, const Image& image, Trial trial) {
    std::string line = name + ": sites, of which fatal:";
    for (const auto& [call, call_name] : kCalls) {
      if (trial.release ? call == Call::kAbort : call == Call::kRelease) continue;
      INFO(call_name);
      trial.fail_in = call;
      trial.close_device = call == Call::kClose;
      const Sites sites = fail_each(image, trial);
      line += fmt::format(" {} {}/{}", call_name, sites.all, sites.fatal);
    }
    WARN(line);
  });
}

void fail_each_in_tree(const char* kind) {
  if (!can_inject_faults()) {
    std::cerr << kSkipped << "\n";
    return;
  }
  FailInTree fault(kind);
  with_all_images([&](const std::string& name, const Image& image, Trial trial) {
    Sites sites;
    trial.before_run = [] { be_failed(true); };
    bool come = true;
    for (unsigned n = 1; come && n < kMostSites; ++n) {
      INFO(kind << " " << n);
      fault.arm(n);
      const Outcome outcome = run(image, trial);
      come = fault.disarm();
      check_clean(outcome);
      if (come) sites.add(outcome);
    }
    CHECK(!come);
    WARN(name << ": " << kind << ": " << sites.all << " sites, " << sites.fatal << " fatal");
  });
}

TEST_CASE("each slab object of a tree can be missing", "[.allocations]") {
  fail_each_in_tree("failslab");
}

TEST_CASE("each page of a tree can be missing", "[.allocations]") {
  fail_each_in_tree("fail_page_alloc");
}

}  // namespace
}  // namespace rb::test
