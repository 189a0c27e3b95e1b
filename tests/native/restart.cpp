#include "tests/native/restart.h"

#include <fmt/format.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>

#include "harness/verify/verify.h"
#include "tests/native/leftovers.h"

namespace rb::test {
namespace {

constexpr unsigned kReportTimeoutSeconds = 60;

class Problems {
 public:
  void add(std::string_view where, const Error& error) { add(where, describe(error)); }
  void add(std::string_view where, std::string_view text) {
    lines_.push_back(fmt::format("[{}] {}", where, text));
  }
  /// @return whether there was none
  bool add(std::string_view where, const Status& status) {
    if (!status) add(where, status.error());
    return status.has_value();
  }
  bool add(std::string_view where, const Result<Verification>& found) {
    if (!found) {
      add("verifier", found.error());
      return false;
    }
    for (const std::string& difference : found->differences) add(where, difference);
    return found->ok();
  }
  std::vector<std::string> lines_;
};

void restart_once(Restarter& restarter, const Image& expected, const RestartOptions& options,
                  Problems& problems) {
  StageClock clock(monotonic_time());
  clock.begin();
  auto tree = restarter.restart(clock);
  clock.end();
  if (!tree) return problems.add("restart", tree.error());
  problems.add("stopped", verify_stopped(expected, **tree));
  if (options.held) problems.add("held", verify_held(expected, **tree));
  if (options.run && problems.add("release", (*tree)->release())) {
    problems.add("running", verify_running(expected, **tree, kReportTimeoutSeconds));
  }
  problems.add("destroy", (*tree)->destroy());
}

}  // namespace

void need_root() {
  if (::geteuid() == 0) return;
  std::cerr << "skipped: restarting a process tree needs root\n";
  std::exit(77);
}

std::vector<std::string> restart_against(const Strategy& strategy, const Image& image,
                                         const Image& expected, const RestartOptions& options) {
  Problems problems;
  if (!problems.add("supports", strategy.supports(image, options.strategy))) return problems.lines_;
  const Holdings before = options.leftovers ? Holdings::now() : Holdings();
  {
    auto restarter = strategy.prepare(image, options.strategy);
    if (!restarter) {
      problems.add("prepare", restarter.error());
    } else {
      for (int i = 0; i < options.times; ++i) {
        restart_once(**restarter, expected, options, problems);
      }
      if (options.leftovers) {
        for (const Descendant& one : descendants()) {
          if (one.name == "rst-zygote" && one.state != 'Z') continue;
          problems.add("leftovers", fmt::format("task {} ({}), state {}, after destroy", one.pid,
                                                one.name, one.state));
        }
      }
    }
  }
  if (options.leftovers) {
    for (const std::string& line : before.differences(Holdings::now())) {
      problems.add("leftovers", line);
    }
  }
  return problems.lines_;
}

Image workload_image(std::string_view name, const ParameterValues& values) {
  const Workload* workload = find_workload(name);
  if (workload == nullptr) FAIL("no workload " << name);
  auto complete = complete_parameters(*workload, values);
  if (!complete) FAIL(describe(complete.error()));
  auto image = build_image(*workload, *complete);
  if (!image) FAIL(describe(image.error()));
  if (const Status made = make_fixtures(*image); !made) FAIL(describe(made.error()));
  return std::move(*image);
}

const Strategy& strategy_named(std::string_view name) {
  const Strategy* strategy = find_strategy(name);
  if (strategy == nullptr) FAIL("no strategy " << name);
  return *strategy;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace rb::test
