// Page runs: where contents go, and where in the image they are.
#include <fmt/format.h>

#include "image/validate/checks.h"

namespace rb::validation {
namespace {

/// The run's own values; pages * RBI_PAGE_SIZE can't overflow after it.
Status check_run(const View& view, const At& at, const rbi_run& run, std::uint64_t earliest) {
  const rbi_header& header = view.header();
  RB_TRY(at.require(is_page_aligned(run.address), "address", "must be page-aligned"));
  RB_TRY(at.require(is_page_aligned(run.offset), "offset", "must be page-aligned"));
  if (run.address < earliest) {
    return at.refuse("address",
                     fmt::format("must not lie below {:#x}, the end of the run before", earliest));
  }
  const std::uint64_t end = header.pages_offset + header.pages_size;
  if (run.offset < header.pages_offset || run.offset > end) {
    return at.refuse("offset", fmt::format("must lie in the image's pages, {:#x} to {:#x}",
                                           header.pages_offset, end));
  }
  const std::uint64_t available = (end - run.offset) / RBI_PAGE_SIZE;
  if (run.pages == 0 || run.pages > available) {
    return at.refuse("pages",
                     fmt::format("must be 1 to {}, what the image has from offset on", available));
  }
  return {};
}

bool holds_contents(const rbi_vma& vma) {
  return vma.kind == RBI_VMA_ANON ||
         (vma.kind == RBI_VMA_FILE && (vma.flags & RBI_VMA_SHARED) == 0);
}

/// Each run lies inside one private VMA. Both are ascending: one pass.
Status check_mm_runs(const View& view, const rbi_mm& mm) {
  const auto runs = view.table<rbi_run>(RBI_SEC_RUNS).subspan(mm.run_first, mm.run_count);
  const auto vmas = view.table<rbi_vma>(RBI_SEC_VMAS).subspan(mm.vma_first, mm.vma_count);
  std::size_t v = 0;
  std::uint64_t earliest = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const rbi_run& run = runs[i];
    const At at(view, RBI_SEC_RUNS, mm.run_first + i);
    RB_TRY(check_run(view, at, run, earliest));
    while (v < vmas.size() && vmas[v].end <= run.address) ++v;
    if (v == vmas.size() || run.address < vmas[v].start) {
      return at.refuse("address", "must lie in a VMA of its mm");
    }
    if (!holds_contents(vmas[v])) {
      return at.refuse("address", fmt::format("must lie in a private anonymous or file VMA, "
                                              "vmas[{}] is none",
                                              mm.vma_first + v));
    }
    const std::uint64_t room = (vmas[v].end - run.address) / RBI_PAGE_SIZE;
    if (run.pages > room) {
      return at.refuse("pages", fmt::format("must be at most {}, what is left of vmas[{}]", room,
                                            mm.vma_first + v));
    }
    earliest = run.address + run.pages * RBI_PAGE_SIZE;
  }
  return {};
}

Status check_backing_runs(const View& view, const rbi_backing& backing) {
  const auto runs = view.table<rbi_run>(RBI_SEC_RUNS).subspan(backing.run_first, backing.run_count);
  const std::uint64_t size = whole_pages(backing.size);
  std::uint64_t earliest = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const rbi_run& run = runs[i];
    const At at(view, RBI_SEC_RUNS, backing.run_first + i);
    RB_TRY(check_run(view, at, run, earliest));
    if (run.address >= size) {
      return at.refuse("address",
                       fmt::format("must lie below {:#x}, the size of its backing", size));
    }
    const std::uint64_t room = (size - run.address) / RBI_PAGE_SIZE;
    if (run.pages > room) {
      return at.refuse("pages",
                       fmt::format("must be at most {}, what is left of its backing", room));
    }
    earliest = run.address + run.pages * RBI_PAGE_SIZE;
  }
  return {};
}

}  // namespace

Status check_runs(const View& view) {
  for (const rbi_mm& mm : view.table<rbi_mm>(RBI_SEC_MMS)) RB_TRY(check_mm_runs(view, mm));
  for (const rbi_backing& backing : view.table<rbi_backing>(RBI_SEC_BACKINGS)) {
    RB_TRY(check_backing_runs(view, backing));
  }
  return {};
}

}  // namespace rb::validation
