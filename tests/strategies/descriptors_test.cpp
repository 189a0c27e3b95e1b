// Which table opens what, and which inherit, in each of the three orders.
#include "strategies/userspace/descriptors.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "strategies/userspace/image_graph.h"
#include "workloads/workload.h"

namespace rb::test {
namespace {

struct Planned {
  Image image;
  Plan plan;
  Topology topology;
  DescriptorPlan descriptors;
};

Planned planned(const char* workload, const ParameterValues& values, DescriptorOrder order) {
  const Workload& found = *find_workload(workload);
  const auto complete = complete_parameters(found, values);
  REQUIRE(complete);
  auto image = build_image(found, *complete);
  REQUIRE(image);
  const SharingGraph graph = sharing_graph(*image);
  auto plan = make_plan(graph);
  REQUIRE(plan);
  Topology topology = follow(graph, *plan);
  DescriptorPlan descriptors = plan_descriptors(ImageAt(*image, 0x1000000), topology, order, 0);
  return {std::move(*image), std::move(*plan), std::move(topology), std::move(descriptors)};
}

std::ptrdiff_t opens(const std::vector<rst_op>& ops) {
  return std::count_if(ops.begin(), ops.end(), [](const rst_op& op) {
    return op.kind == RST_OPEN || op.kind == RST_FETCH || op.kind == RST_PIPE ||
           op.kind == RST_SOCKET;
  });
}

TEST_CASE("tables with the same descriptions inherit them: children open nothing") {
  const Planned p = planned("own-files", {{"n", 10}, {"f", 100}}, DescriptorOrder::kTopologyFirst);
  REQUIRE(p.descriptors.tables.size() == 10);
  CHECK(p.descriptors.store.empty());
  CHECK(p.descriptors.tables[0].early);
  CHECK(opens(p.descriptors.tables[0].fill) == 101);  // /dev/null and the files
  for (std::size_t i = 1; i < 10; ++i) {
    CHECK(p.descriptors.tables[i].birth == TableBirth::kCopy);
    CHECK(p.descriptors.tables[i].fill.empty());
  }
}

TEST_CASE("tables with descriptions of their own inherit nothing, and nothing is punched") {
  const Planned p = planned("own-files", {{"n", 10}, {"f", 100}, {"distinct", 1}},
                            DescriptorOrder::kTopologyFirst);
  REQUIRE(p.descriptors.tables.size() == 10);
  for (std::size_t i = 0; i < 10; ++i) {
    const TablePlan& table = p.descriptors.tables[i];
    CHECK(opens(table.fill) == 101);  // /dev/null from the store
    CHECK_FALSE(table.early);
    // The store's /dev/null is in the table that the root copies.
    if (i > 0) CHECK(table.birth == TableBirth::kCopy);
  }
}

TEST_CASE("the variants fill early and take what was copied away again") {
  for (const auto& [order, birth] :
       {std::pair(DescriptorOrder::kFirstUnshare, TableBirth::kUnshareClose),
        std::pair(DescriptorOrder::kFirstCloseRange, TableBirth::kPunch)}) {
    const Planned p = planned("own-files", {{"n", 10}, {"f", 100}}, order);
    for (std::size_t i = 1; i < p.descriptors.tables.size(); ++i) {
      CHECK(p.descriptors.tables[i].early);
      CHECK(p.descriptors.tables[i].birth == birth);
      CHECK(opens(p.descriptors.tables[i].fill) == 101);
    }
  }
}

TEST_CASE("a table that all share is filled once") {
  const Planned p =
      planned("shared-files", {{"n", 50}, {"f", 100}}, DescriptorOrder::kTopologyFirst);
  REQUIRE(p.descriptors.tables.size() == 1);
  CHECK(p.descriptors.store.empty());
  CHECK(opens(p.descriptors.tables[0].fill) == 101);
}

TEST_CASE("a table that grows is filled before others share it, unless it is copied") {
  const auto is_early = [](const char* workload, const ParameterValues& values) {
    return planned(workload, values, DescriptorOrder::kTopologyFirst).descriptors.tables[0].early;
  };
  CHECK(is_early("shared-files", {{"n", 50}, {"f", 100}}));
  CHECK_FALSE(is_early("shared-files", {{"n", 50}, {"f", 10}}));  // has room
  CHECK_FALSE(is_early("shared-files", {{"n", 1}, {"f", 100}}));  // has one user
  CHECK_FALSE(is_early("own-files", {{"n", 2}, {"f", 100}, {"distinct", 1}}));
}

TEST_CASE("memory shared between mms is made once, in the store") {
  const Planned p = planned("memory", {{"mib", 1}, {"tasks", 2}}, DescriptorOrder::kTopologyFirst);
  std::ptrdiff_t shared = 0;
  for (const rbi_backing& backing : p.image.backings()) {
    shared += backing.kind == RBI_BACKING_SHMEM ? 1 : 0;
  }
  REQUIRE(shared > 0);
  CHECK(std::count_if(p.descriptors.store.begin(), p.descriptors.store.end(),
                      [](const rst_op& op) { return op.kind == RST_MEMFD; }) == shared);
}

}  // namespace
}  // namespace rb::test
