// What json_results.h writes is read back, and written as before.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "doubles.h"
#include "harness/bench.h"
#include "harness/json_results.h"
#include "harness/names.h"
#include "harness/results_reader.h"

namespace {

using Json = nlohmann::ordered_json;

Json run(const char* strategy, std::vector<const char*> more) {
  std::vector<const char*> arguments = {
      "bench",      "--clock=fake", "--workload", "other", "--out",      "-",
      "--min-time", "0.0001",       "--verify",   "all",   "--strategy", strategy};
  arguments.insert(arguments.end(), more.begin(), more.end());
  std::ostringstream out;
  std::ostringstream err;
  (void)rb::run_bench(arguments, rb::test::doubles(), {out, err});
  return Json::parse(out.str());
}

/// The same document, from what was read.
Json written_again(const Json& document, const char* strategy) {
  const rb::Parts parts = rb::test::doubles();
  rb::RunResult run;
  rb::GroupResult& group = run.groups.emplace_back();
  group.source = {rb::find_named(parts.workloads, "other"), {{"seed", 1}}, {}, "other"};
  rb::CellResult& cell = group.cells.emplace_back();
  cell.strategy = rb::find_named(parts.strategies, strategy);
  cell.name = rb::cell_name(group.source, *cell.strategy);
  cell.verifiable = (cell.strategy->flags & rb::kRestoresTree) != 0;
  const auto read = rb::read_cell(document, cell, group.tasks);
  INFO((read ? "" : read.error().message));
  REQUIRE(read);
  return rb::results_json(run, document["context"], {}, rb::VerifyMode::kAll, rb::ClockKind::kFake);
}

}  // namespace

TEST_CASE("results of a cell can be read back") {
  const auto strategy = GENERATE("good", "bare", "restores-wrong", "refuses", "lacks");
  INFO(strategy);
  const auto document =
      run(strategy, {"--repetitions", "3", "--ledger", "--counters", "system-calls,cycles"});
  REQUIRE(document["cells"].size() == 1);
  const auto again = written_again(document, strategy);
  CHECK(again["cells"][0].dump() == document["cells"][0].dump());
  CHECK(again["benchmarks"].dump() == document["benchmarks"].dump());
}

TEST_CASE("what is no result of one cell is refused") {
  rb::CellResult cell;
  std::size_t tasks = 0;
  const auto two = run("good,bare", {});
  const auto read = rb::read_cell(two, cell, tasks);
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == rb::ErrorKind::kNoResult);
  Json one = run("good", {});
  one["cells"][0]["state"] = "nonsense";
  CHECK_FALSE(rb::read_cell(one, cell, tasks));
  one["cells"][0]["state"] = "timed";
  one["cells"][0]["stages_ns"].erase("memory");
  CHECK_FALSE(rb::read_cell(one, cell, tasks));
}
