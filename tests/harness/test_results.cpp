#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "doubles.h"
#include "harness/group_comparison.h"
#include "harness/json_results.h"
#include "harness/table.h"

namespace {

using rb::CellState;

const rb::Strategy& strategy(std::string_view name) {
  for (const rb::Strategy* each : rb::test::doubles().strategies) {
    if (each->name == name) return *each;
  }
  FAIL("no double is called " << name);
  throw;
}

rb::CellResult timed(std::string_view name, std::vector<std::uint64_t> totals) {
  rb::CellResult cell;
  cell.strategy = &strategy(name);
  cell.name = rb::cell_name({nullptr, {}, "a", "image:a"}, *cell.strategy);
  cell.state = CellState::kTimed;
  cell.verifiable = (cell.strategy->flags & rb::kRestoresTree) != 0;
  auto& repetition = cell.repetitions.emplace_back();
  for (const auto total : totals) repetition.samples.push_back({total, {}});
  return cell;
}

rb::CellResult untimed(CellState state, rb::ErrorKind kind = rb::ErrorKind::kRestart) {
  rb::CellResult cell = timed("good", {});
  cell.repetitions.clear();
  cell.state = state;
  cell.error = rb::Error{kind, "it broke", ""};
  return cell;
}

rb::GroupResult group(std::vector<rb::CellResult> cells) {
  return {{nullptr, {}, "a", "image:a"}, 1000, std::move(cells)};
}

rb::GroupResult compared(std::vector<rb::CellResult> cells) {
  auto result = group(std::move(cells));
  rb::compare_with_first(result, 0.95);
  return result;
}

rb::RunResult run(std::vector<rb::CellResult> cells) { return {{group(std::move(cells))}, 0}; }

std::string table(const rb::GroupResult& result, rb::VerifyMode verify) {
  rb::Group cells{result.source, {}};
  for (const auto& cell : result.cells) cells.strategies.push_back(cell.strategy);
  std::ostringstream out;
  rb::Table printer(out, {cells}, verify, false);
  printer.print(result);
  return out.str();
}

}  // namespace

TEST_CASE("the table has medians, deviations and ratios") {
  CHECK(
      table(compared({timed("good", {300'000, 100'000, 200'000}),
                      timed("variant", {400'000, 400'000, 500'000}), timed("bare", {100'000})}),
            rb::VerifyMode::kSample) ==
      "workload  strategy     tasks    median  spread  per task  vs first                vs bare  "
      "verified\n"
      "image:a   good         1,000    200 us     100    200 ns  1.00                       2.00  "
      "sample\n"
      "          variant      1,000    400 us       0    400 ns  2.00 ?                     4.00  "
      "sample\n"
      "          bare (ref)   1,000    100 us       0    100 ns  0.500 ?                    1.00  "
      "-\n");
}

TEST_CASE("the table marks what was found, with the interval") {
  const auto rounds = [](std::string_view name, std::vector<std::uint64_t> medians) {
    auto cell = timed(name, {medians.front()});
    for (std::size_t i = 1; i < medians.size(); ++i) {
      cell.repetitions.push_back({{{medians[i], {}}}, 0});
    }
    return cell;
  };
  const std::string text = table(compared({rounds("good", {100, 100, 100, 100, 100, 100}),
                                           rounds("variant", {200, 210, 205, 201, 202, 203}),
                                           rounds("bare", {50, 51, 52, 53, 54, 55}),
                                           rounds("null", {98, 102, 99, 101, 100, 100})}),
                                 rb::VerifyMode::kNone);
  CHECK(text.find("  2.02 > 2.00-2.10  ") != std::string::npos);
  CHECK(text.find("  0.525 < 0.500-0.550  ") != std::string::npos);
  CHECK(text.find("  1.000 ~ 0.980-1.020  ") != std::string::npos);
}

TEST_CASE("instructions are compared restart by restart, and not more closely than guests agree") {
  const std::vector<std::uint64_t> slow(20, 100'000);
  const auto verdict = [&](std::uint64_t fast) {
    auto result = group({timed("good", slow), timed("bare", std::vector(16, fast))});
    rb::compare_with_first(result, 0.99);
    CHECK_FALSE(result.cells[1].vs_first->interval);  // one round
    result.pairs_of_restarts = true;
    rb::compare_with_first(result, 0.99);
    CHECK(result.cells[1].vs_first->pairs == 16);
    REQUIRE(result.cells[1].vs_first->interval);
    return result.cells[1].vs_first->verdict;
  };
  CHECK(verdict(99'600) == rb::Verdict::kFaster);
  CHECK(verdict(99'800) == rb::Verdict::kUnresolved);
  CHECK(verdict(100'200) == rb::Verdict::kUnresolved);
  CHECK(verdict(100'400) == rb::Verdict::kSlower);
}

TEST_CASE("a long name of an image has a line to itself") {
  auto result = compared({timed("good", {100}), timed("bare", {100})});
  result.source.name = "memory:mib=16:file=0:shmem=0:tasks=1";
  const auto text = table(result, rb::VerifyMode::kSample);
  CHECK(text.find("\nmemory:mib=16:file=0:shmem=0:tasks=1\n          good ") != std::string::npos);
}

TEST_CASE("a ratio to what has no time is not defined") {
  const auto text = table(compared({untimed(CellState::kFailed), timed("variant", {400'000})}),
                          rb::VerifyMode::kNone);
  CHECK(text ==
        "workload  strategy   tasks    median  spread  per task  vs first                vs bare  "
        "verified\n"
        "image:a   good       1,000    FAILED\n"
        "    it broke\n"
        "          variant    1,000    400 us       0    400 ns  -                             -  "
        "NO\n");
}

TEST_CASE("the exit code is of the worst that happened") {
  using rb::ErrorKind;
  const auto ok = timed("good", {1});
  CHECK(exit_code_of(run({ok}), false) == 0);
  CHECK(exit_code_of(run({ok, untimed(CellState::kFailed)}), true) == 1);
  CHECK(exit_code_of(run({ok, untimed(CellState::kUnsupported)}), false) == 0);
  const auto unsupported = untimed(CellState::kUnsupported, ErrorKind::kUnsupported);
  const auto lacking = untimed(CellState::kUnsupported, ErrorKind::kLacking);
  CHECK(exit_code_of(run({unsupported}), false) == 1);
  CHECK(exit_code_of(run({unsupported}), true) == 0);
  CHECK(exit_code_of(run({lacking, lacking}), true) == 77);
  CHECK(exit_code_of(run({lacking, unsupported}), true) == 0);
  auto interrupted = run({ok, untimed(CellState::kFailed)});
  interrupted.signal = 15;
  CHECK(exit_code_of(interrupted, true) == 143);
}

TEST_CASE("a cell without a time has none in the JSON") {
  auto failed = timed("good", {100, 200});
  failed.state = CellState::kFailed;
  failed.error = rb::Error{rb::ErrorKind::kRestart, "restored wrong", ""};
  failed.rows.emplace_back(R"({"name": "image:a/good", "real_time": 150.0})");
  const auto document = rb::results_json(run({failed}), nlohmann::ordered_json::object(), {},
                                         rb::VerifyMode::kAll, rb::ClockKind::kWall);
  CHECK(document.dump().find("150") == std::string::npos);
  CHECK_FALSE(document["cells"][0].contains("samples_ns"));
  CHECK(document["cells"][0]["error"]["message"] == "restored wrong");
  CHECK(document["benchmarks"][0]["error_occurred"] == true);
}

TEST_CASE("the JSON has every sample, and medians of each repetition") {
  auto cell = timed("good", {300, 100, 200});
  cell.repetitions.push_back({{{500, {1, 2, 3, 4, 5, 6, 7}}}, 1});
  const auto document = rb::results_json(run({cell}), nlohmann::ordered_json::object(), {},
                                         rb::VerifyMode::kSample, rb::ClockKind::kWall);
  const auto& json = document["cells"][0];
  CHECK(json["samples_ns"].dump() == "[[300,100,200],[500]]");
  CHECK(json["median_ns"] == 250.0);
  CHECK(json["stages_ns"]["memory"]["samples"].dump() == "[[0,0,0],[5]]");
  CHECK(json["stages_ns"]["memory"]["medians"].dump() == "[0.0,5.0]");
  CHECK(json["verified"].dump() == R"({"mode":"sample","before_timing":0,"timed":1})");
}

TEST_CASE("the JSON as text is the document") {
  const auto document =
      rb::results_json(run({timed("good", {1})}), {{"a", {1, 2}}}, {{"w", "is \"x\"", "y", 0.5}},
                       rb::VerifyMode::kNone, rb::ClockKind::kWall);
  CHECK(nlohmann::ordered_json::parse(rb::to_text(document)) == document);
  CHECK(nlohmann::ordered_json::parse(rb::to_text(rb::results_json({}, {}, {}, {}, {}))).size() ==
        6);
}

TEST_CASE("a file that cannot be written is an error") {
  CHECK_FALSE(rb::replace_file("/proc/none/results.json", "{}"));
}

TEST_CASE("results take the place of a file, never of a device or a link") {
  namespace fs = std::filesystem;
  std::string pattern = fs::temp_directory_path() / "results-XXXXXX";
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  const fs::path folder = pattern;
  const auto text_of = [](const fs::path& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  CHECK(rb::replace_file(folder / "file", "old, and longer"));
  CHECK(rb::replace_file(folder / "file", "new"));
  CHECK(text_of(folder / "file") == "new");

  fs::create_symlink("file", folder / "link");
  CHECK(rb::replace_file(folder / "link", "through the link"));
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(text_of(folder / "file") == "through the link");

  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_FALSE(rb::replace_file(folder / "pipe", "{}"));
  CHECK(fs::is_fifo(folder / "pipe"));
  CHECK_FALSE(rb::replace_file(folder, "{}"));
  const auto entries = std::distance(fs::directory_iterator(folder), fs::directory_iterator());
  CHECK(entries == 3);  // no temporary file is left
  fs::remove_all(folder);
}
