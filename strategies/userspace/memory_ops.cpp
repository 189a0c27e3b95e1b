#include "strategies/userspace/memory_ops.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "strategies/userspace/advice.h"
#include "strategies/userspace/ops.h"
#include "strategies/userspace/restorer/bulk.h"
#include "strategies/userspace/table_fill.h"

namespace rb {
namespace {

[[nodiscard]] rst_op op_on(rst_op_kind kind, const rbi_vma& vma) {
  rst_op op = ops::make(kind, RST_STAGE_MEMORY);
  op.a = vma.start;
  op.b = vma.end - vma.start;
  return op;
}

/// Whether to map a VMA with all its pages at once: it must have contents for all.
/// Those of bigger ones are better populated bit by bit as they are copied, for the
/// cache.
[[nodiscard]] bool is_populated(const rbi_vma& vma, std::span<const rbi_run> runs) {
  constexpr std::uint64_t kMost = 16;
  std::uint64_t pages = 0;
  for (const rbi_run& run : runs) pages += run.pages;
  return vma.kind == RBI_VMA_ANON && pages <= kMost && pages * RBI_PAGE_SIZE == vma.end - vma.start;
}

}  // namespace

rst_op map_vma(const ImageAt& at, const DescriptorPlan& descriptors, const rbi_vma& vma,
               std::uint32_t prot, std::span<const rbi_run> runs) {
  if (vma.kind == RBI_VMA_VDSO) return op_on(RST_VDSO, vma);
  const bool shared = (vma.flags & RBI_VMA_SHARED) != 0;
  rst_op op = op_on(RST_MMAP, vma);
  op.y = prot;
  op.c = shared ? MAP_SHARED : MAP_PRIVATE;
  if ((vma.flags & RBI_VMA_GROWSDOWN) != 0) op.c |= MAP_GROWSDOWN;
  if ((vma.flags & RBI_VMA_NORESERVE) != 0) op.c |= MAP_NORESERVE;
  if ((vma.flags & RBI_VMA_STACK) != 0) op.c |= MAP_STACK;
  op.d = vma.offset;
  if (vma.kind == RBI_VMA_ANON) {
    op.c |= MAP_ANONYMOUS;
    if (is_populated(vma, runs)) op.c |= MAP_POPULATE;
  } else if (descriptors.backing_fds[vma.backing] != kNotStored) {
    op.kind = RST_MMAP_FETCH;
    op.z = descriptors.backing_fds[vma.backing];
  } else {
    op.kind = RST_MMAP_PATH;
    op.e = at.of_string(at.image().backings()[vma.backing].path);
    op.z = shared && (vma.prot & PROT_WRITE) != 0 ? O_RDWR : O_RDONLY;
  }
  return op;
}

void open_once(std::vector<rst_op>& ops, std::size_t first) {
  for (std::size_t i = first; i < ops.size();) {
    std::size_t next = i + 1;
    if (ops[i].kind == RST_MMAP_PATH) {
      const auto same = [&](const rst_op& op) {
        return op.kind == RST_MMAP_PATH && op.e == ops[i].e && op.z == ops[i].z;
      };
      while (next < ops.size() && same(ops[next])) ++next;
      ops[i].x = static_cast<__u32>(next - i - 1);
    }
    i = next;
  }
}

void fill_runs(const ImageAt& at, std::span<const rbi_run> runs,
               const std::function<bool(const rbi_run&)>& by_others, std::vector<rst_op>& ops) {
  for (std::size_t i = 0; i < runs.size();) {
    if (by_others(runs[i])) {
      ++i;
      continue;
    }
    // Runs that follow each other in memory and in the image are one copy.
    std::uint64_t pages = runs[i].pages;
    std::size_t next = i + 1;
    while (next < runs.size() && runs[next].address == runs[i].address + pages * RBI_PAGE_SIZE &&
           runs[next].offset == runs[i].offset + pages * RBI_PAGE_SIZE && !by_others(runs[next])) {
      pages += runs[next++].pages;
    }
    rst_op fill = ops::make(RST_FILL, RST_STAGE_MEMORY);
    fill.a = runs[i].address;
    fill.b = pages * RBI_PAGE_SIZE;
    fill.c = at.of_offset(runs[i].offset);
    ops.push_back(fill);
    i = next;
  }
}

void fill_in_bulk(std::span<rst_op> ops, const std::function<bool(const rst_op&)>& allowed) {
  for (rst_op& op : ops) {
    if (op.kind == RST_FILL && op.b >= RST_FILL_ABSENT_MIN && allowed(op)) op.x = 1;
  }
}

rst_op protect_vma(const rbi_vma& vma) {
  rst_op op = op_on(RST_MPROTECT, vma);
  op.y = vma.prot;
  return op;
}

rst_op unmap_vma(const rbi_vma& vma) { return op_on(RST_MUNMAP, vma); }

rst_op set_layout(const ImageAt& at, const rbi_mm& mm) {
  rst_op op = ops::make(RST_SET_MM, RST_STAGE_MEMORY);
  op.a = at.of(&mm);
  op.y = mm.auxv_count;
  op.b = at.of(at.image().auxv().data() + mm.auxv_first);
  op.e = mm.exe == RBI_NONE ? 0 : at.of_string(mm.exe);
  return op;
}

std::vector<rst_op> common_memory_ops(const ImageAt& at, const DescriptorPlan& descriptors,
                                      const CommonMemory& common) {
  std::vector<rst_op> ops;
  for (const CommonVma& c : common.vmas) {
    const std::uint32_t prot = c.runs.empty() ? c.prot : c.prot | PROT_WRITE;
    ops.push_back(map_vma(at, descriptors, c.vma, prot, c.runs));
    const std::size_t first = ops.size();
    fill_runs(
        at, c.runs, [](const rbi_run&) { return false; }, ops);
    fill_in_bulk(std::span(ops).subspan(first), [](const rst_op&) { return true; });
    if (prot != c.prot) ops.push_back(protect_vma(c.vma));
  }
  open_once(ops, 0);
  advise_common_memory(common, ops);
  if (common.layout != nullptr) ops.push_back(set_layout(at, *common.layout));
  return ops;
}

}  // namespace rb
