// Who fills memory by userfaultfd(2): only who can have a descriptor for a moment, and only memory
// that the kernel does not write to meanwhile.
#include <catch2/catch.hpp>

#include "strategies/userspace/compile.h"
#include "strategies/userspace/image_graph.h"
#include "strategies/userspace/restorer/bulk.h"
#include "workloads/synthetic/regions.h"
#include "workloads/synthetic/tree.h"

namespace rb::test {
namespace {

constexpr std::uint64_t kPages = RST_FILL_ABSENT_MIN / RBI_PAGE_SIZE;

void add_contents(SyntheticTree& tree, TaskId task, std::uint64_t pages) {
  add_region(tree.mm_of(task),
             {.pages = pages, .prot = PROT_READ | PROT_WRITE, .contents = all_pages(pages, 1)});
}

/// A process and its child, each with a run of so many pages.
Image two_processes(unsigned share, std::uint64_t pages) {
  SyntheticTree tree("bulk", 1);
  const TaskId child = tree.fork(tree.root(), share);
  add_contents(tree, tree.root(), pages);
  add_contents(tree, child, pages);
  ImageWriter writer;
  tree.write(writer);
  auto image = writer.to_image();
  REQUIRE(image);
  return std::move(*image);
}

/// By task of the image: fills by userfaultfd(2).
std::vector<int> bulk_fills(const Image& image) {
  const SharingGraph graph = sharing_graph(image);
  const auto plan = make_plan(graph);
  REQUIRE(plan);
  const auto program =
      compile(ImageAt(image, 0x700000000000), graph, *plan, DescriptorOrder::kTopologyFirst);
  REQUIRE(program);
  std::vector<int> fills;
  for (std::size_t i = 0; i < image.tasks().size(); ++i) {
    const TaskProgram& task = program->tasks[i];
    fills.push_back(0);
    for (const rst_op& op : std::span(program->ops).subspan(task.first_op, task.op_count))
      if (op.kind == RST_FILL && op.x != 0) ++fills.back();
  }
  return fills;
}

TEST_CASE("long runs are filled in bulk, short ones are not") {
  CHECK(bulk_fills(two_processes(kShareNothing, kPages)) == std::vector<int>{1, 1});
  CHECK(bulk_fills(two_processes(kShareNothing, kPages - 1)) == std::vector<int>{0, 0});
}

TEST_CASE("in a shared table only its owner takes a descriptor to fill memory") {
  const auto fills = bulk_fills(two_processes(kShareFiles, kPages));
  CHECK(fills[0] + fills[1] == 1);
}

TEST_CASE("memory that another thread registers with the kernel is not filled in bulk") {
  SyntheticTree tree("bulk", 1);
  const TaskId thread = tree.add_thread(tree.root());
  add_contents(tree, tree.root(), kPages);
  ImageWriter writer;
  tree.write(writer);
  const std::uint64_t start = writer.vmas.back().start;
  rbi_task& task = writer.tasks[static_cast<std::size_t>(thread)];
  const auto fills = [&] {
    auto image = writer.to_image();
    REQUIRE(image);
    return bulk_fills(*image)[0];
  };
  task.rseq = task.rseq_len = task.rseq_sig = 0;
  CHECK(fills() == 1);
  task.rseq = start + RBI_PAGE_SIZE;
  task.rseq_len = 32;
  CHECK(fills() == 0);
}

}  // namespace
}  // namespace rb::test
