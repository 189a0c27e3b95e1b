#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "doubles.h"
#include "harness/bench.h"

namespace {

struct Outcome {
  int code;
  std::string out;
  std::string err;
  nlohmann::json json;

  const nlohmann::json& cell(const std::string& name) const {
    for (const auto& each : json.at("cells")) {
      if (each.at("name") == name) return each;
    }
    throw std::out_of_range("no cell " + name);
  }
};

/// Runs cells of the workload `other` on the fake clock; the JSON goes to out.
Outcome run(const char* strategies, std::vector<const char*> more = {},
            const char* min_time = "0.0001") {
  std::vector<const char*> arguments = {"bench",      "--clock=fake", "--workload", "other",
                                        "--min-time", min_time,       "--out",      "-",
                                        "--strategy", strategies};
  arguments.insert(arguments.end(), more.begin(), more.end());
  std::ostringstream out;
  std::ostringstream err;
  const int code = rb::run_bench(arguments, rb::test::doubles(), {out, err});
  CHECK(rb::test::live_trees() == 0);
  return {code, out.str(), err.str(), nlohmann::json::parse(out.str(), nullptr, false)};
}

bool has_number(const nlohmann::json& cell) {
  return cell.contains("median_ns") || cell.contains("samples_ns");
}

}  // namespace

TEST_CASE("what goes wrong fails its own cell and no other") {
  const auto fault = GENERATE("fails-restart", "fails-late", "restores-wrong", "runs-wrong",
                              "wrong-late", "fails-destroy");
  INFO(fault);
  const std::string strategies = std::string(fault) + ",good";
  const auto outcome = run(strategies.c_str(), {"--verify=all"});
  CHECK(outcome.code == 1);
  const auto& failed = outcome.cell(std::string("other/") + fault);
  CHECK(failed["state"] == "failed");
  CHECK_FALSE(has_number(failed));
  CHECK(outcome.err.find("FAILED") != std::string::npos);
  CHECK(outcome.cell("other/good")["state"] == "timed");
  CHECK(has_number(outcome.cell("other/good")));
}

TEST_CASE("differences from the image are told") {
  const auto outcome = run("restores-wrong");
  CHECK(outcome.cell("other/restores-wrong")["error"]["differences"].size() == 2);
  CHECK(outcome.err.find("fd 5: expected a pipe, found none") != std::string::npos);
}

TEST_CASE("verification is as thorough as asked for") {
  CHECK(run("wrong-late", {"--verify=all"}).code == 1);
  CHECK(run("wrong-late", {"--verify=sample"}).code == 1);
  CHECK(run("wrong-late", {"--verify=first"}).code == 0);
  CHECK(run("restores-wrong", {"--verify=first"}).code == 1);
  const auto unverified = run("restores-wrong", {"--verify=none"});
  CHECK(unverified.code == 0);
  CHECK(unverified.err.find("  NO\n") != std::string::npos);
  CHECK(unverified.cell("other/restores-wrong")["verified"]["mode"] == "none");
}

TEST_CASE("the JSON counts what was verified") {
  const auto counts = [](const char* mode) {
    const auto outcome = run("good", {mode, "--repetitions=3"});
    const auto& cell = outcome.cell("other/good");
    std::size_t samples = 0;
    for (const auto& repetition : cell["samples_ns"]) samples += repetition.size();
    CHECK(samples > 3);
    const auto& verified = cell["verified"];
    return std::array<std::size_t, 3>{verified["before_timing"], verified["timed"], samples};
  };
  const auto all = counts("--verify=all");
  CHECK((all[0] == 1 && all[1] == all[2]));
  const auto sample = counts("--verify=sample");
  CHECK((sample[0] == 1 && sample[1] == 3));
  const auto first = counts("--verify=first");
  CHECK((first[0] == 1 && first[1] == 0));
}

TEST_CASE("a reference and a test of the harness are not verified") {
  const auto outcome = run("bare,null", {"--verify=all"});
  CHECK(outcome.code == 0);
  CHECK(outcome.cell("other/bare")["verified"]["mode"] == "not applicable");
  CHECK(outcome.cell("other/bare")["kind"] == "reference");
  CHECK(outcome.cell("other/null")["verified"]["mode"] == "not applicable");
}

TEST_CASE("what is not supported is said and is no failure") {
  const auto outcome = run("good,refuses,lacks");
  CHECK(outcome.code == 0);
  CHECK(outcome.cell("other/refuses")["state"] == "unsupported");
  CHECK(outcome.err.find("share files with no common creator") != std::string::npos);
  CHECK(outcome.err.find("raise RLIMIT_NOFILE") != std::string::npos);
  CHECK(run("refuses").code == 0);
  CHECK(run("lacks").code == 77);
  CHECK(run("good", {"--pids=host"}).cell("other/good")["state"] == "unsupported");
}

TEST_CASE("a signal ends the run with valid results") {
  const auto outcome = run("good,interrupted", {"--workload=mini"});
  CHECK(outcome.code == 143);
  CHECK(outcome.json["interrupted"] == true);
  CHECK(outcome.cell("other/interrupted")["state"] == "interrupted");
  CHECK_FALSE(has_number(outcome.cell("other/interrupted")));
  CHECK(outcome.json["cells"].size() == 2);  // mini was not begun
}

TEST_CASE("every repetition of every cell is there") {
  const auto outcome = run("good,variant,bare", {"--repetitions=4"});
  CHECK(outcome.code == 0);
  CHECK(outcome.json["interrupted"] == false);
  for (const auto& cell : outcome.json["cells"]) {
    CHECK(cell["samples_ns"].size() == 4);
    CHECK(cell["stages_ns"]["create"]["samples"].size() == 4);
    std::size_t iterations = 0;
    std::size_t aggregates = 0;
    for (const auto& row : outcome.json["benchmarks"]) {
      if (row["run_name"] != cell["name"]) continue;
      if (row["run_type"] == "aggregate") {
        ++aggregates;
        continue;
      }
      const auto& samples = cell["samples_ns"][iterations++];
      CHECK(row["iterations"] == samples.size());
      double sum = 0;
      for (const auto& sample : samples) sum += sample.get<double>();
      CHECK(row["real_time"].get<double>() ==
            Approx(sum / static_cast<double>(samples.size())).epsilon(1e-6));
    }
    CHECK(iterations == 4);
    CHECK(aggregates == 4);  // mean, median, stddev, cv
  }
}

TEST_CASE("rounds go on until the comparison is precise enough") {
  const auto outcome = run("good,variant", {"--precision=1%"});
  CHECK(outcome.code == 0);
  const auto& comparison = outcome.json["comparisons"][0];
  CHECK(comparison["cell"] == "other/variant");
  CHECK(comparison["baseline"] == "other/good");
  CHECK(comparison["stopped_by"] == "precision");
  CHECK(comparison["pairs"] == outcome.cell("other/good")["samples_ns"].size());
  CHECK(comparison["high"].get<double>() - comparison["low"].get<double>() <=
        0.02 * comparison["ratio"].get<double>());
  CHECK(outcome.json["comparisons"].size() == 1);
}

TEST_CASE("rounds end when the time is over") {
  const auto outcome = run("good,variant", {"--precision=0.001%", "--max-time=0.01"});
  const auto& comparison = outcome.json["comparisons"][0];
  CHECK(comparison["stopped_by"] == "time");
  CHECK(comparison["pairs"] >= 20);
  CHECK(outcome.err.find("until the time was over (--max-time): other ") != std::string::npos);
}

TEST_CASE("a few rounds are made whatever the time, and have no interval") {
  const auto outcome = run("good,variant", {"--max-time=0.000001"});
  const auto& comparison = outcome.json["comparisons"][0];
  CHECK(comparison["pairs"] == 5);
  CHECK(comparison["low"].is_null());
  CHECK(comparison["high"].is_null());
  CHECK(comparison["verdict"] == "no difference resolved");
  CHECK(outcome.err.find(" ? ") != std::string::npos);
}

TEST_CASE("a difference of 3 % is found by the program, and none where there is none") {
  const auto verdict = [](const char* strategies) {
    return run(strategies).json["comparisons"][0]["verdict"].get<std::string>();
  };
  CHECK(verdict("takes-99,takes-102") == "slower");
  CHECK(verdict("takes-102,takes-99") == "faster");
  CHECK(verdict("good,variant") == "no difference resolved");
}

TEST_CASE("the more comparisons, the more confidence each one needs") {
  const auto confidence = [](const char* strategies) {
    return run(strategies).json["comparisons"][0]["confidence"].get<double>();
  };
  CHECK(confidence("good,variant") == Approx(0.99));
  CHECK(confidence("good,variant,bare") == Approx(0.995));
}

TEST_CASE("what fails in the middle drops out, and the first one leaves no comparison") {
  const auto outcome = run("fails-late,good,variant", {"--verify=none"});
  CHECK(outcome.cell("other/fails-late")["state"] == "failed");
  CHECK(outcome.cell("other/good")["samples_ns"].size() >= 20);
  CHECK(outcome.json["comparisons"].empty());
  const auto second = run("good,fails-late,variant", {"--verify=none"});
  REQUIRE(second.json["comparisons"].size() == 1);
  CHECK(second.json["comparisons"][0]["cell"] == "other/variant");
}

TEST_CASE("a time limit makes fewer iterations do") {
  const auto iterations = [](const char* limit) {
    const auto outcome = run("good", {limit, "--repetitions=1"}, "1");
    return outcome.cell("other/good")["samples_ns"][0].size();
  };
  CHECK(iterations("--max-time=0.00001") < iterations("--max-time=0.001"));
}
