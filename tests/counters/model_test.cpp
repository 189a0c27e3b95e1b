// The model: what a restart should cost by what its objects cost.
#include "harness/objects/model.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/objects/cost_json.h"
#include "harness/objects/cost_report.h"

namespace rb::test {
namespace {

/// A cost whose pairs differ by `make` and `end`, whatever the reference takes.
ObjectCost cost(const char* object, double make, double end, ObjectSize size = {}) {
  return {object, size, {{make + 5, end + 1}, {make + 7, end + 2}}, {{5, 1}, {7, 2}}, {}, {}, 0};
}

std::vector<ObjectCost> costs() {
  return {cost("task", 1000, 500), cost("thread", 800, 300),
          cost("mm", 400, 100),    cost("mm", 500, 100, {0, 0, 40960}),
          cost("files", 100, 50),  cost("files", 700, 50, {100, 0, 0}),
          cost("fs", 10, 5),       cost("sighand", 20, 5),
          cost("vma", 3, 1),       cost("pipe", 40, 10),
          cost("fd", 2, 4),        cost("open_file", 8, 2),
          cost("page", 6, 1)};
}

Ledger ledger() {
  Ledger result;
  // mm, vma, files, fd_array, fs, sighand, signal, task, pid, cred, open_file, pipe
  for (const std::uint64_t count : {2, 5, 3, 0, 1, 1, 4, 10, 10, 4, 6, 1}) {
    const auto object = static_cast<ObjectClass>(result.created.events.size());
    result.created.events.push_back(
        {std::string(object_class_name(object)), std::vector<std::uint64_t>{count}});
  }
  return result;
}

}  // namespace

TEST_CASE("a cost is the difference of a pair", "[model]") {
  const ObjectCost mm = cost("mm", 400, 100);
  CHECK(make_cost(mm).median == Approx(400));
  CHECK(make_cost(mm).deviation == Approx(0));
  CHECK(end_cost(mm).median == Approx(100));
  CHECK(both_cost(mm).median == Approx(500));
  ObjectCost at_once = mm;
  at_once.at_once = {480, 490, 500};
  CHECK(both_cost(at_once).median == Approx(490));
  at_once.get_put = {7, 8, 9};
  CHECK(reference_cost(at_once).median == Approx(8));
}

TEST_CASE("a prediction is the sum of the ledger times the costs", "[model]") {
  const auto plain = predict(ledger(), 7, costs());
  REQUIRE(plain.has_value());
  // 4 processes, 6 threads; 4 open files besides the pipe's two
  const double sum = 4 * 1000 + 6 * 800 + 2 * 400 + 3 * 100 + 10 + 20 + 5 * 3 + 40 + 4 * 10 + 7 * 6;
  CHECK(plain->total == Approx(sum));

  Ledger wasteful = ledger();
  wasteful.account.emplace();
  wasteful.account->work.descriptors_copied = 50;
  wasteful.account->work.descriptors_closed = 20;
  wasteful.account->work.pages_copied = 3;
  const auto more = predict(wasteful, 7, costs());
  REQUIRE(more.has_value());
  // A descriptor more is (700 - 100) / 100, a page more (500 - 400) / 10.
  CHECK(more->total - plain->total == Approx(50 * 6 + 20 * 4 + 3 * 10));
}

TEST_CASE("a VMA is charged once: as a copy or as a mapping", "[model]") {
  std::vector<ObjectCost> with_vmas = costs();
  with_vmas.push_back(cost("mm", 400 + 100 * 2, 100, {0, 100, 0}));  // 2 each
  for (ObjectCost& one : with_vmas) {
    if (one.object == "mm" && one.size == ObjectSize{}) one.copied_vmas = 20;
  }
  Ledger copies = ledger();
  copies.vmas_copied.counts = std::vector<std::uint64_t>{4};
  const auto predicted = predict(copies, 0, with_vmas);
  REQUIRE(predicted.has_value());
  const auto term = [&](const char* what) {
    for (const Term& one : predicted->terms) {
      if (one.what == what) return one;
    }
    return Term{};
  };
  CHECK(term("mm").each == Approx(400 - 20 * 2));
  CHECK(term("vma copied").count == 4);
  CHECK(term("vma copied").each == Approx(2));
  CHECK(term("vma mapped").count == 1);
  CHECK(term("vma mapped").each == Approx(3));
}

TEST_CASE("costs are a table", "[model]") {
  std::vector<ObjectCost> some = {cost("task", 1000, 500), cost("fs", 10, 5)};
  some[1].at_once = {14, 16, 18};
  some[1].get_put = {4, 4, 5};
  std::ostringstream out;
  print_costs(out, some, Scale::kInstructions);
  INFO(out.str());
  CHECK(out.str().starts_with(
      "object  size  create  spread  destroy  spread    both  spread  get+put  ratio\n"));
  CHECK(out.str().find(
            "fs              10.0    0.00     5.00    0.00    16.0    2.00     4.00      4\n") !=
        std::string::npos);
  some.pop_back();
  std::ostringstream without;
  print_costs(without, some, Scale::kInstructions);
  CHECK(without.str().find("only with /dev/restart") != std::string::npos);
}

TEST_CASE("no prediction where a count or a cost is missing", "[model]") {
  Ledger uncounted = ledger();
  uncounted.created.events[7].counts = fail(ErrorKind::kLacking, "no");
  CHECK_FALSE(predict(uncounted, 0, costs()).has_value());
  auto without = costs();
  without.erase(without.begin());
  CHECK_FALSE(predict(ledger(), 0, without).has_value());
}

TEST_CASE("costs survive their file", "[model]") {
  const auto read = parse_costs(costs_json(costs()));
  REQUIRE(read.has_value());
  REQUIRE(read->size() == costs().size());
  CHECK((*read)[3].size == ObjectSize{0, 0, 40960});
  CHECK(make_cost((*read)[5]).median == Approx(700));
  std::vector<ObjectCost> more = {cost("mm", 1, 1)};
  more[0].at_once = {1, 2};
  more[0].get_put = {3};
  more[0].copied_vmas = 7;
  const auto again = parse_costs(costs_json(more));
  REQUIRE(again.has_value());
  CHECK(again->front().at_once == more[0].at_once);
  CHECK(again->front().get_put == more[0].get_put);
  CHECK(again->front().copied_vmas == 7);
  const auto none = read_cost_file("/proc/self/cmdline");
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().kind == ErrorKind::kUsage);
}

}  // namespace rb::test
