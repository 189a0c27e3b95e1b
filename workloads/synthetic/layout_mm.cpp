// Address spaces: the payload's own areas, then the workload's regions.
#include <elf.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "workloads/payload/blob.h"
#include "workloads/synthetic/layout.h"
#include "workloads/synthetic/pattern.h"
#include "workloads/synthetic/purposes.h"

namespace rb {
namespace {

/// Between stacks and alternate stacks, so that the kernel keeps two VMAs.
constexpr std::uint64_t kAltstackGap = 16 * RBI_PAGE_SIZE;

FillPages pattern(std::uint64_t seed) {
  return [seed](std::span<std::byte> pages) { fill_pattern(pages, seed); };
}

/// What a task's stack page holds: see payload.h.
void fill_stack_page(std::span<std::byte> page, std::uint64_t seed, std::uint64_t address,
                     std::uint64_t check_block) {
  fill_pattern(page.first(PAYLOAD_TCB), seed);
  const auto put = [&](std::uint64_t offset, std::uint64_t value) {
    std::memcpy(page.data() + offset, &value, sizeof value);
  };
  put(PAYLOAD_RSP, check_block);
  put(PAYLOAD_TCB, address + PAYLOAD_TCB);
  // struct robust_list_head: an empty list, glibc's futex_offset.
  put(PAYLOAD_TCB_ROBUST, address + PAYLOAD_TCB_ROBUST);
  put(PAYLOAD_TCB_ROBUST + 8, static_cast<std::uint64_t>(-32));
}

}  // namespace

void ImageLayout::add_vma(std::uint64_t start, std::uint64_t pages, std::uint32_t prot) {
  writer_.vmas.push_back({.start = start,
                          .end = start + pages * RBI_PAGE_SIZE,
                          .offset = 0,
                          .prot = prot,
                          .flags = 0,
                          .kind = RBI_VMA_ANON,
                          .backing = RBI_NONE});
}

/// The pages in which the reports of tasks (ascending) lie.
void ImageLayout::add_report_vmas(const std::vector<TaskId>& tasks) {
  const auto page_of = [&](TaskId id) {
    return (PAYLOAD_REPORTS + index(id) * sizeof(payload_report)) / RBI_PAGE_SIZE;
  };
  for (std::size_t i = 0; i < tasks.size();) {
    const std::uint64_t first = page_of(tasks[i]);
    std::uint64_t last = first;
    for (; i < tasks.size() && page_of(tasks[i]) <= last + 1; ++i) last = page_of(tasks[i]);
    add_vma(first * RBI_PAGE_SIZE, last - first + 1, PROT_READ | PROT_WRITE);
  }
}

/// One VMA with all stacks, and behind it one with the alternate stacks. The
/// address of a stack is worked out before, as check blocks need it.
void ImageLayout::add_stacks(const std::vector<TaskId>& tasks) {
  const std::uint64_t lowest =
      stack_page(tasks.front()) - (PAYLOAD_STACK_PAGES - 1) * RBI_PAGE_SIZE;
  add_vma(lowest, tasks.size() * PAYLOAD_STACK_PAGES, PROT_READ | PROT_WRITE);
  std::uint64_t alternate_pages = 0;
  std::uint64_t alternate_start = 0;
  for (const TaskId id : tasks) {
    const std::uint64_t page = stack_page(id);
    const std::uint64_t seed = tree_.seed(kSeedStack, index(id));
    const std::uint64_t block = check_block_[index(id)];
    writer_.add_run(page, 1,
                    [=](std::span<std::byte> pages) { fill_stack_page(pages, seed, page, block); });
    if (altstack_[index(id)] == 0) continue;
    if (alternate_pages == 0) alternate_start = altstack_[index(id)];
    alternate_pages += kAltstackSize / RBI_PAGE_SIZE;
  }
  if (alternate_pages != 0) add_vma(alternate_start, alternate_pages, PROT_READ | PROT_WRITE);
}

void ImageLayout::add_region(const Region& region) {
  writer_.vmas.push_back({.start = region.start,
                          .end = region.start + region.pages * RBI_PAGE_SIZE,
                          .offset = region.backing_page * RBI_PAGE_SIZE,
                          .prot = region.prot,
                          .flags = region.flags,
                          .kind = static_cast<std::uint32_t>(region.kind),
                          .backing = region.backing ? backings_.use(*region.backing) : RBI_NONE});
  for (const PatternRun& run : region.contents) {
    writer_.add_run(region.start + run.first * RBI_PAGE_SIZE, run.pages, pattern(run.seed));
  }
}

void ImageLayout::add_checks(CheckArea& area) {
  const std::uint64_t pages = area.pages();
  const auto checks = std::make_shared<const std::vector<std::byte>>(area.take());
  add_vma(area.start(), pages, PROT_READ);
  writer_.add_run(area.start(), pages, [checks](std::span<std::byte> to) {
    std::memcpy(to.data(), checks->data(), checks->size());
  });
}

/// Whether stacks and check blocks fit between code and reports.
bool ImageLayout::is_small(const std::vector<TaskId>& tasks) {
  std::size_t records = 0;
  for (const TaskId id : tasks) {
    const SyntheticTask& task = at(tree_.tasks_, id);
    records += task.pending.size() + at(tree_.groups_, task.group).pending.size() +
               at(tree_.files_, task.files).fds.size();
  }
  return tasks.size() <= 16 && records <= 1024;
}

/// Gives each task of an mm its stacks. @return the end of the last
std::uint64_t ImageLayout::place_stacks(const std::vector<TaskId>& tasks, std::uint64_t start) {
  const std::uint64_t stacks_end = start + tasks.size() * PAYLOAD_STACK_PAGES * RBI_PAGE_SIZE;
  std::uint64_t alternate = stacks_end + kAltstackGap;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    stack_page_[index(tasks[i])] = start + ((i + 1) * PAYLOAD_STACK_PAGES - 1) * RBI_PAGE_SIZE;
    if (!at(tree_.tasks_, tasks[i]).altstack) continue;
    altstack_[index(tasks[i])] = alternate;
    alternate += kAltstackSize;
  }
  return alternate;
}

void ImageLayout::set_layout(rbi_mm& mm, const CheckArea& checks, std::uint64_t heap_pages,
                             TaskId first) {
  const std::uint64_t arguments = stack_page(first) + PAYLOAD_TCB;
  mm.flags = RBI_MM_LAYOUT;
  mm.start_code = PAYLOAD_CODE;
  mm.end_code = PAYLOAD_CODE + payload_blob().size();
  mm.start_data = checks.start();
  mm.end_data = checks.start() + checks.pages() * RBI_PAGE_SIZE;
  mm.start_brk = PAYLOAD_HEAP;
  mm.brk = PAYLOAD_HEAP + heap_pages * RBI_PAGE_SIZE;
  mm.start_stack = stack_page(first) + PAYLOAD_RSP;
  mm.arg_start = mm.arg_end = mm.env_start = mm.env_end = arguments;
  mm.auxv_first = static_cast<std::uint32_t>(writer_.auxv.size());
  writer_.auxv.push_back({.type = AT_PAGESZ, .value = RBI_PAGE_SIZE});
  writer_.auxv.push_back({.type = AT_ENTRY, .value = PAYLOAD_ENTRY});
  writer_.auxv.push_back({.type = AT_NULL, .value = 0});
  mm.auxv_count = 3;
}

void ImageLayout::write_mm(MmId id) {
  const SyntheticMm& from = at(tree_.mms_, id);
  const std::vector<TaskId>& tasks = users_[mms_.use(id)];
  const bool small = is_small(tasks);
  CheckArea area(place_stacks(tasks, small ? PAYLOAD_NEAR : PAYLOAD_FAR) + kAltstackGap);
  build_checks(id, area);
  RB_ASSERT(area.start() + area.pages() * RBI_PAGE_SIZE < (small ? PAYLOAD_REPORTS : PAYLOAD_HEAP));
  RB_ASSERT(PAYLOAD_HEAP + from.heap_pages * RBI_PAGE_SIZE < kRegions);

  rbi_mm mm{};
  mm.exe = RBI_NONE;
  mm.vma_first = static_cast<std::uint32_t>(writer_.vmas.size());
  mm.run_first = writer_.run_count();
  set_layout(mm, area, from.heap_pages, tasks.front());
  const std::uint64_t code_pages = payload_blob().size() / RBI_PAGE_SIZE;
  add_vma(PAYLOAD_CODE, code_pages, PROT_READ | PROT_EXEC);
  writer_.add_run(PAYLOAD_CODE, code_pages, [](std::span<std::byte> pages) {
    std::memcpy(pages.data(), payload_blob().data(), payload_blob().size());
  });
  if (!small) add_report_vmas(tasks);
  add_stacks(tasks);
  add_checks(area);
  if (small) add_report_vmas(tasks);
  if (from.heap_pages != 0) {
    add_vma(PAYLOAD_HEAP, from.heap_pages, PROT_READ | PROT_WRITE);
    writer_.add_run(PAYLOAD_HEAP, from.heap_pages,
                    pattern(tree_.seed(kSeedHeap, static_cast<std::uint64_t>(id))));
  }
  for (const Region& region : from.regions) add_region(region);
  mm.vma_count = static_cast<std::uint32_t>(writer_.vmas.size()) - mm.vma_first;
  mm.run_count = writer_.run_count() - mm.run_first;
  writer_.mms.push_back(mm);
}

void ImageLayout::write_backings() {
  for (const BackingId id : backings_.used()) {
    const Backing& from = at(tree_.backings_, id);
    rbi_backing backing{};
    backing.kind = static_cast<std::uint32_t>(from.kind);
    backing.path = from.kind == RBI_BACKING_FILE ? writer_.add_string(from.path) : RBI_NONE;
    backing.size = from.pages * RBI_PAGE_SIZE;
    backing.run_first = writer_.run_count();
    backing.run_count = static_cast<std::uint32_t>(from.contents.size());
    for (const PatternRun& run : from.contents) {
      writer_.add_run(run.first * RBI_PAGE_SIZE, run.pages, pattern(run.seed));
    }
    writer_.backings.push_back(backing);
  }
}

}  // namespace rb
