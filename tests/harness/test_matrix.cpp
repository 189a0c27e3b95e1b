#include <catch2/catch.hpp>

#include "doubles.h"
#include "harness/matrix.h"
#include "harness/selection.h"

namespace {

using rb::test::doubles;
using Names = std::vector<std::string>;

Names cells(const rb::RunOptions& options) {
  const auto strategies = rb::select_strategies(options.strategies, doubles());
  if (!strategies) return {"error: " + describe(strategies.error())};
  const auto matrix = rb::make_matrix(options, doubles(), *strategies);
  if (!matrix) return {"error: " + describe(matrix.error())};
  Names list;
  for (const auto& group : *matrix) {
    for (const auto* strategy : group.strategies)
      list.push_back(cell_name(group.source, *strategy));
  }
  return list;
}

rb::RunOptions options(std::vector<std::string> strategies, std::string workloads,
                       std::string filter = {}) {
  rb::RunOptions result;
  result.strategies = std::move(strategies);
  result.workloads = std::move(workloads);
  result.filter = std::move(filter);
  return result;
}

}  // namespace

TEST_CASE("every image meets every strategy") {
  CHECK(cells(options({"null", "bare"}, "mini:n=1,2")) ==
        Names{"mini:n=1:m=0/null", "mini:n=1:m=0/bare", "mini:n=2:m=0/null", "mini:n=2:m=0/bare"});
}

TEST_CASE("all strategies are those not for tests, each once") {
  CHECK(cells(options({"all"}, "other")) == Names{"other/good", "other/variant", "other/bare"});
  CHECK(cells(options({"bare", "all", "bare"}, "other")) ==
        Names{"other/bare", "other/good", "other/variant"});
}

TEST_CASE("without names it is all strategies and the default workloads") {
  CHECK(cells(options({}, "", "good")) == Names{"mini:n=2:m=0/good", "other/good"});
}

TEST_CASE("image files come instead of the default workloads, or in addition") {
  auto with_image = options({"null"}, "");
  with_image.images = {"a.img"};
  CHECK(cells(with_image) == Names{"image:a.img/null"});
  with_image.workloads = "other";
  CHECK(cells(with_image) == Names{"other/null", "image:a.img/null"});
}

TEST_CASE("a filter selects cells by name") {
  CHECK(cells(options({"null", "bare"}, "mini:n=1,2", "n=2.*/null")) == Names{"mini:n=2:m=0/null"});
  CHECK(cells(options({"null", "bare"}, "other", "-bare$")) == Names{"other/null"});
}

TEST_CASE("what cannot be run is an error") {
  CHECK(cells(options({"null"}, "other", "x")) ==
        Names{"error: --filter 'x' selects no cell; cells are named like threads:n=10/userspace"});
  CHECK(cells(options({"nul"}, "other"))
            .front()
            .starts_with("error: 'nul' is not a strategy; strategies are good, "));
  CHECK(cells(options({"null"}, "other", "("))
            .front()
            .starts_with("error: --filter: '(' is not a regular expression"));
}
