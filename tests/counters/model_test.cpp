// The model: what a restart should cost by what its objects cost.
#include "harness/objects/model.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "harness/objects/cost_json.h"

namespace rb::test {
namespace {

/// A cost whose pairs differ by `make` and `end`, whatever the reference takes.
ObjectCost cost(const char* object, double make, double end, ObjectSize size = {}) {
  return {object, size, {{make + 5, end + 1}, {make + 7, end + 2}}, {{5, 1}, {7, 2}}};
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
  CHECK(own_total(mm) == Approx(400 + 6 + 100 + 1.5));
  CHECK(reference_total(mm) == Approx(7.5));
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
  const auto none = read_cost_file("/proc/self/cmdline");
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().kind == ErrorKind::kUsage);
}

}  // namespace rb::test
