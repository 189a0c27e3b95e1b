// What is mapped once and passed on by fork, and that each mm ends up as the image says.
#include "strategies/userspace/common_memory.h"

#include <sys/mman.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>
#include <functional>

#include "image/writer.h"
#include "strategies/userspace/compile.h"
#include "strategies/userspace/image_graph.h"
#include "strategies/userspace/memory_ops.h"
#include "strategies/userspace/ops.h"
#include "tests/strategies/mm_simulator.h"
#include "workloads/workload.h"

namespace rb::test {
namespace {

constexpr std::uint64_t kPage = RBI_PAGE_SIZE;
constexpr std::uint64_t kImageAddress = 0x700000000000;

/// A VMA of one page, filled with a byte; 0 = no contents.
struct OnePage {
  std::uint64_t address;
  std::uint32_t prot;
  int byte = 0;
};
using Memory = std::vector<OnePage>;

void add_mm(ImageWriter& w, const Memory& memory) {
  rbi_mm mm{};
  mm.vma_first = static_cast<__u32>(w.vmas.size());
  mm.vma_count = static_cast<__u32>(memory.size());
  mm.run_first = w.run_count();
  mm.exe = RBI_NONE;
  for (const OnePage& page : memory) {
    w.vmas.push_back({page.address, page.address + kPage, 0, page.prot, 0, RBI_VMA_ANON, RBI_NONE});
    if (page.byte == 0) continue;
    w.add_run(page.address, 1, [byte = page.byte](std::span<std::byte> to) {
      std::memset(to.data(), byte, to.size());
    });
    ++mm.run_count;
  }
  w.mms.push_back(mm);
}

/// A root and its children, or a chain, one process an mm; `more` processes without.
Image image_of(const std::vector<Memory>& mms, bool chain = false,
               const std::function<void(ImageWriter&)>& change = {}, std::size_t more = 0) {
  ImageWriter w;
  constexpr std::uint64_t kBoth = RBI_XFEATURES_LEGACY;
  std::byte area[RBI_XSAVE_MIN] = {};
  std::memcpy(area + 512, &kBoth, sizeof kBoth);
  rbi_registers registers{};
  registers.rip = 0x10000;
  registers.xfeatures = RBI_XFEATURES_LEGACY;
  registers.xstate = w.add_xstate(area);
  registers.xstate_size = sizeof area;
  w.files = {{0, 0}};
  w.fs = {{w.add_string("/"), w.add_string("/"), 022, 0}};
  for (const Memory& memory : mms) add_mm(w, memory);
  for (__u32 i = 0; i < mms.size() + more; ++i) {
    rbi_task task{};
    task.pid = 100 + i;
    task.group = task.mm = task.sighand = task.registers = i;
    task.altstack_flags = SS_DISABLE;
    task.credentials = RBI_NONE;
    std::strcpy(task.name, "one");
    w.tasks.push_back(task);
    w.groups.push_back({i,
                        i == 0  ? RBI_NONE
                        : chain ? i - 1
                                : 0,
                        0,
                        0,
                        SIGCHLD,
                        0,
                        0,
                        0,
                        {},
                        0,
                        0,
                        0,
                        0,
                        0,
                        0});
    w.sighands.push_back({0, 0});
    w.registers.push_back(registers);
  }
  if (change) change(w);
  auto image = w.to_image();
  if (!image) FAIL(describe(image.error()));
  return std::move(*image);
}

CommonMemory common_of(const Image& image) {
  const SharingGraph graph = sharing_graph(image);
  const auto plan = make_plan(graph);
  REQUIRE(plan);
  return plan_common_memory(image, follow(graph, *plan));
}

/// Runs the memory ops of the coordinator, and on a copy of what results, or on
/// nothing after an exec, those of each mm's owner.
void check_memory(const Image& image, DescriptorOrder order) {
  const ImageAt at(image, kImageAddress);
  const SharingGraph graph = sharing_graph(image);
  const auto plan = make_plan(graph);
  REQUIRE(plan);
  const Topology topology = follow(graph, *plan);
  const auto program = compile(at, graph, *plan, order);
  REQUIRE(program);
  const auto ops_of = [&](std::size_t slot) {
    const TaskProgram& task = program->tasks[slot];
    return std::span(program->ops).subspan(task.first_op, task.op_count);
  };
  MmSimulator coordinator(at);
  coordinator.run(ops_of(program->tasks.size() - 1));
  const auto& mms = topology.objects[static_cast<std::size_t>(Shared::kMm)];
  const auto& held = topology.held[static_cast<std::size_t>(Shared::kMm)];
  std::vector<bool> passed_on;
  for (const PlannedObject& mm : mms) {
    passed_on.push_back(!mm.by_exec &&
                        (mm.source < 0 || passed_on[static_cast<std::size_t>(mm.source)]));
  }
  for (std::size_t i = 0; i < mms.size(); ++i) {
    if (mms[i].final_index < 0) continue;
    MmSimulator mm = passed_on[i] ? coordinator : MmSimulator(at);
    mm.run(ops_of(static_cast<std::size_t>(mms[i].owner)));
    for (std::size_t task = 0; task < graph.tasks.size(); ++task) {
      if (held[task] != static_cast<int>(i) || program->tasks[task].contents == nullptr) continue;
      mm.fill(*program->tasks[task].contents);
    }
    INFO("mm " << mms[i].final_index);
    CHECK(mm.verdict(image.mms()[static_cast<std::size_t>(mms[i].final_index)]) == "");
  }
}

}  // namespace

TEST_CASE("what all have is common, with contents if they are equal and read-only") {
  const Memory memory = {{0x10000, PROT_READ | PROT_EXEC, 1},
                         {0x12000, PROT_READ | PROT_WRITE, 2},
                         {0x14000, PROT_READ, 3},
                         {0x16000, PROT_READ}};
  std::vector<Memory> mms(3, memory);
  mms[2][2].byte = 4;
  const Image image = image_of(mms);
  const CommonMemory common = common_of(image);
  REQUIRE(common.vmas.size() == 4);
  const auto& v = common.vmas;
  CHECK((v[0].complete && v[0].prot == (PROT_READ | PROT_EXEC) && v[0].runs.size() == 1));
  CHECK((!v[1].complete && v[1].prot == (PROT_READ | PROT_WRITE) && v[1].runs.empty()));
  CHECK((!v[2].complete && v[2].prot == (PROT_READ | PROT_WRITE) && v[2].runs.empty()));
  CHECK((v[3].complete && v[3].prot == PROT_READ && v[3].runs.empty()));
  CHECK(common.layout == nullptr);
  check_memory(image, DescriptorOrder::kTopologyFirst);
}

TEST_CASE("a VMA that only some have is common if that is cheaper") {
  const Memory with = {{0x10000, PROT_READ, 1}, {0x12000, PROT_READ | PROT_WRITE}};
  const Memory without = {{0x10000, PROT_READ, 1}};
  const Memory other = {{0x10000, PROT_READ, 1}, {0x12000, PROT_READ}};
  for (const Memory& odd : {without, other}) {
    std::vector<Memory> mms(10, with);
    for (std::size_t odds = 0; odds < mms.size(); ++odds) {
      CAPTURE(odds);
      const Image image = image_of(mms);
      const CommonMemory common = common_of(image);
      rbi_vma vma = image.vmas()[1];  // the first mm is the last to become odd
      if (mms.size() - odds >= 7) {   // 8 * 7 > 5 * 10 + 4
        CHECK(common.find(vma) != nullptr);
        vma.prot ^= PROT_EXEC;
        CHECK(common.find(vma) == nullptr);
      } else {
        CHECK((common.vmas.size() == 1 || odds > 6));
      }
      check_memory(image, DescriptorOrder::kTopologyFirst);
      mms[mms.size() - 1 - odds] = odd;
    }
  }
}

TEST_CASE("two mms share the work, one has none to share") {
  const Memory memory = {{0x10000, PROT_READ, 1}};
  CHECK(common_of(image_of({memory})).vmas.empty());
  CHECK(common_of(image_of({memory, memory})).vmas.size() == 1);
  CHECK(common_of(image_of({memory, {{0x12000, PROT_READ, 1}}})).vmas.empty());
}

TEST_CASE("equal layouts are set once") {
  const Memory memory = {{0x10000, PROT_READ, 1}};
  const auto layout = [](__u64 brk) {
    return [brk](ImageWriter& w) {
      for (rbi_mm& mm : w.mms) {
        mm.flags = RBI_MM_LAYOUT;
        for (__u64* at = &mm.start_code; at <= &mm.env_end; ++at) *at = 0x20000;
        mm.start_code = mm.start_data = 0x10000;
      }
      w.mms.back().brk = brk;
    };
  };
  const Image equal = image_of({memory, memory}, false, layout(0x20000));
  CHECK(common_of(equal).layout == equal.mms().data());
  check_memory(equal, DescriptorOrder::kTopologyFirst);
  const Image different = image_of({memory, memory}, false, layout(0x21000));
  CHECK(common_of(different).layout == nullptr);
  check_memory(different, DescriptorOrder::kTopologyFirst);
}

TEST_CASE("who execs has nothing in common with the others") {
  const Memory memory = {{0x10000, PROT_READ, 1}};
  // A, its child B, its child C: A and C share an mm, so B execs to get its own.
  const auto skip = [](ImageWriter& w) {
    w.files.push_back({0, 0});
    w.tasks[1].files = 1;
    w.tasks[2].mm = 0;
  };
  const Image image = image_of({memory, memory}, true, skip, 1);
  const SharingGraph graph = sharing_graph(image);
  const auto plan = make_plan(graph);
  REQUIRE(plan);
  REQUIRE(plan->execs == 1);
  CHECK(common_of(image).vmas.empty());
  // With D to G, children of A that are like it, there is something in common again.
  const auto more_children = [&](ImageWriter& w) {
    skip(w);
    for (__u32 i = 3; i < 7; ++i) {
      w.groups[i].parent = 0;
      w.tasks[i].mm = i - 1;
    }
  };
  const Image larger = image_of(std::vector<Memory>(6, memory), true, more_children, 1);
  CHECK(common_of(larger).vmas.size() == 1);
  check_memory(larger, DescriptorOrder::kTopologyFirst);
}

TEST_CASE("pages are not passed on along a long chain") {
  const Memory memory = {{0x10000, PROT_READ, 1}};
  const auto chain = [&](int length) {
    return image_of(std::vector<Memory>(static_cast<std::size_t>(length), memory), true);
  };
  CHECK(common_of(chain(kDeepestSharing)).vmas[0].complete);
  const Image longer = chain(kDeepestSharing + 1);
  CHECK_FALSE(common_of(longer).vmas[0].complete);
  check_memory(longer, DescriptorOrder::kTopologyFirst);
}

TEST_CASE("neighbours that map one file open it once") {
  const auto op = [](rst_op_kind kind, std::uint64_t path, std::uint32_t flags) {
    rst_op made = ops::make(kind, RST_STAGE_MEMORY);
    made.e = path;
    made.z = flags;
    return made;
  };
  std::vector<rst_op> list = {op(RST_MMAP_PATH, 1, 0), op(RST_MMAP_PATH, 1, 0),
                              op(RST_MMAP_PATH, 1, 0), op(RST_MMAP_PATH, 1, 2),
                              op(RST_MMAP, 1, 0),      op(RST_MMAP_PATH, 1, 0),
                              op(RST_MMAP_PATH, 2, 0), op(RST_MMAP_PATH, 2, 0)};
  open_once(list, 1);
  const std::vector<std::uint32_t> expected = {0, 1, 0, 0, 0, 0, 1, 0};
  for (std::size_t i = 0; i < list.size(); ++i) CHECK(list[i].x == expected[i]);
}

TEST_CASE("advice and locks come out right, of inherited memory too") {
  const Workload& memory = *find_workload("memory");
  const auto values = complete_parameters(memory, {{"mib", 1}, {"tasks", 3}, {"advice", 1}});
  REQUIRE(values);
  const auto image = build_image(memory, *values);
  REQUIRE(image);
  check_memory(*image, DescriptorOrder::kTopologyFirst);
}

TEST_CASE("every workload's memory comes out right") {
  for (const Workload* workload : workloads()) {
    CAPTURE(workload->name);
    const auto values = complete_parameters(*workload, {});
    REQUIRE(values);
    const auto image = build_image(*workload, *values);
    REQUIRE(image);
    check_memory(*image, DescriptorOrder::kTopologyFirst);
    check_memory(*image, DescriptorOrder::kFirstUnshare);
  }
}

}  // namespace rb::test
