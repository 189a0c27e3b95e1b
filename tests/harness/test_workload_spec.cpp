#include <catch2/catch.hpp>

#include "doubles.h"
#include "harness/matrix.h"
#include "harness/workload_spec.h"

namespace {

using rb::test::doubles;

std::vector<std::string> names(std::string_view spec, std::uint64_t seed = 1) {
  const auto sources = rb::make_sources(spec, seed, doubles());
  if (!sources) return {"error: " + describe(sources.error())};
  std::vector<std::string> list;
  for (const auto& source : *sources) list.push_back(source.name);
  return list;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a workload alone has its defaults") {
  CHECK(names("mini") == Names{"mini:n=1:m=0"});
  CHECK(names("other") == Names{"other"});
}

TEST_CASE("values, parameters and workloads are told apart") {
  CHECK(names("mini:n=1,10") == Names{"mini:n=1:m=0", "mini:n=10:m=0"});
  CHECK(names("mini:n=2,m=3") == Names{"mini:n=2:m=3"});
  CHECK(names("mini:n=2:m=3") == Names{"mini:n=2:m=3"});
  CHECK(names("mini,n=2") == Names{"mini:n=2:m=0"});
  CHECK(names("mini:n=2,other") == Names{"mini:n=2:m=0", "other"});
  CHECK(names("other,mini:n=2,3") == Names{"other", "mini:n=2:m=0", "mini:n=3:m=0"});
}

TEST_CASE("several sweeps are crossed, the last running fastest") {
  CHECK(names("mini:n=1,2:m=3,4") ==
        Names{"mini:n=1:m=3", "mini:n=1:m=4", "mini:n=2:m=3", "mini:n=2:m=4"});
}

TEST_CASE("all is every workload with its default sweep") {
  CHECK(names("all") == Names{"mini:n=1:m=0", "mini:n=10:m=0", "other"});
  CHECK(names("all,mini:n=3") == Names{"mini:n=1:m=0", "mini:n=10:m=0", "other", "mini:n=3:m=0"});
}

TEST_CASE("a seed is named where it is not the run's own") {
  CHECK(names("mini:seed=1,2") == Names{"mini:n=1:m=0", "mini:n=1:m=0:seed=2"});
  CHECK(names("mini", 7) == Names{"mini:n=1:m=0"});
  const auto sources = rb::make_sources("mini", 7, doubles());
  REQUIRE(sources);
  CHECK(sources->front().values.at("seed") == 7);
}

TEST_CASE("a name of a source is a spec of the same source") {
  CHECK(names(names("mini:n=2:m=3:seed=9").front()) == Names{"mini:n=2:m=3:seed=9"});
}

TEST_CASE("an error names the piece and what is possible") {
  CHECK(names("mimi") == Names{"error: 'mimi' is not a workload; workloads are mini, other, all"});
  CHECK(names("mini:n=1,othr") == Names{"error: 'othr' is neither a workload nor a value of n; "
                                        "workloads are mini, other, all"});
  CHECK(names("3") ==
        Names{"error: '3' is a value without a parameter; workloads are mini, other, all"});
  CHECK(names("mini,3") ==
        Names{"error: '3' is a value without a parameter; workloads are mini, other, all"});
  CHECK(names("mini:k=1") ==
        Names{"error: 'k=1': workload mini has no parameter 'k'; its parameters are n, m, seed"});
  CHECK(names("n=1") ==
        Names{"error: 'n=1' stands before any workload; a workload comes first: mini, other"});
  CHECK(names("all:n=1") ==
        Names{"error: 'n=1' stands before any workload; a workload comes first: mini, other"});
  CHECK(names("mini:n=x") == Names{"error: 'n=x': 'x' is not an integer"});
  CHECK(names("mini:n=1.5") == Names{"error: 'n=1.5': '1.5' is not an integer"});
  CHECK(names("mini:n=1:n=2") == Names{"error: 'n=2': n is given twice for workload mini"});
  CHECK(names("mini,") == Names{"error: --workload has an empty piece"});
  CHECK(names("") == Names{"error: --workload has an empty piece"});
}

TEST_CASE("a value out of range is refused") {
  const auto sources = rb::make_sources("mini:n=0", 1, doubles());
  REQUIRE_FALSE(sources);
  CHECK(sources.error().kind == rb::ErrorKind::kUsage);
}
