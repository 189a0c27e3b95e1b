#include "harness/warnings/samples.h"

#include <catch2/catch.hpp>
#include <random>

#include "doubles.h"
#include "harness/group_comparison.h"

namespace {

/// A timed cell with one restart a round.
rb::CellResult cell(const std::string& name, const std::vector<double>& rounds) {
  rb::CellResult result;
  result.name = name;
  result.strategy = rb::test::doubles().strategies.front();
  result.state = rb::CellState::kTimed;
  for (const double round : rounds) {
    result.repetitions.push_back({{{static_cast<std::uint64_t>(round), {}}}, 0});
  }
  return result;
}

/// Noise of 2 %, with something done to each round.
template <class Change>
std::vector<double> rounds(std::size_t count, Change change) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> noise(1, 0.02);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(1e6 * noise(random) * change(i));
  return values;
}
double same(std::size_t /*round*/) { return 1; }

rb::RunResult run_of(std::vector<rb::CellResult> cells) {
  rb::RunResult run;
  rb::GroupResult& group = run.groups.emplace_back();
  group.cells = std::move(cells);
  rb::compare_with_first(group, 0.99);
  return run;
}

std::vector<std::string> ids(const rb::RunResult& run) {
  std::vector<std::string> found;
  for (const rb::Warning& warning : rb::sample_warnings(run)) found.push_back(warning.id);
  return found;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("good samples are not warned of") {
  CHECK(ids(run_of({cell("a", rounds(40, same)), cell("b", rounds(40, same))})).empty());
}

TEST_CASE("too few rounds for an interval") {
  const auto run = run_of({cell("a", rounds(5, same)), cell("b", rounds(5, same))});
  CHECK(ids(run) == Ids{"few-samples"});
  const auto warning = rb::sample_warnings(run).front();
  CHECK(warning.value == 5);
  CHECK(warning.cells == Ids{"a", "b"});
}

TEST_CASE("a drift over the rounds, with the largest one's size") {
  const auto up = [](std::size_t i) { return 1 + 0.2 * static_cast<double>(i) / 40; };
  const auto run = run_of({cell("a", rounds(40, same)), cell("b", rounds(40, up))});
  CHECK(ids(run) == Ids{"drifting-samples"});
  const auto warning = rb::sample_warnings(run).front();
  CHECK(warning.cells == Ids{"b"});
  CHECK(*warning.value == Approx(0.18).margin(0.03));
  CHECK(warning.text.find("the furthest by +1") != std::string::npos);

  const auto down = [](std::size_t i) { return 1 - 0.3 * static_cast<double>(i) / 40; };
  const auto both = run_of({cell("a", rounds(40, down)), cell("b", rounds(40, up))});
  CHECK(rb::sample_warnings(both).front().text.find("the furthest by -") != std::string::npos);
}

TEST_CASE("two clusters") {
  const auto two = [](std::size_t i) { return i * 7 % 3 == 0 ? 1.0 : 1.5; };
  CHECK(ids(run_of({cell("a", rounds(60, two))})) == Ids{"multimodal-samples"});
}

TEST_CASE("two clusters that are nearer than 1 % are of no interest") {
  std::vector<double> values;
  for (int i = 0; i < 60; ++i) values.push_back(i % 2 == 0 ? 1'000'000 : 1'000'001);
  CHECK(ids(run_of({cell("a", values)})).empty());
}

TEST_CASE("a cold start") {
  const auto cold = [](std::size_t i) { return i == 0 ? 3.0 : 1.0; };
  const auto run = run_of({cell("a", rounds(40, cold))});
  CHECK(ids(run) == Ids{"cold-start"});
  CHECK(*rb::sample_warnings(run).front().value == Approx(3).margin(0.2));
}

TEST_CASE("an image that is not in memory, and CPUs that others use") {
  auto run = run_of({cell("a", rounds(40, same))});
  run.groups.front().resident = 0.5;
  CHECK(ids(run) == Ids{"cold-image"});
  run.groups.front().resident = 1;
  run.groups.front().others = 0.3;
  CHECK(ids(run) == Ids{"cpu-share"});
}

TEST_CASE("a cell without a time has no samples") {
  auto run = run_of({cell("a", {})});
  run.groups.front().cells.front().state = rb::CellState::kFailed;
  CHECK(ids(run).empty());
}
