// Address spaces and what they map.
#include <sys/mman.h>

#include <algorithm>
#include <numeric>

#include "image/fields.h"
#include "image/show_parts.h"

namespace rb::show {
namespace {

std::string prot_text(__u32 prot) {
  std::string text = "---";
  if ((prot & PROT_READ) != 0) text[0] = 'r';
  if ((prot & PROT_WRITE) != 0) text[1] = 'w';
  if ((prot & PROT_EXEC) != 0) text[2] = 'x';
  return text;
}

std::string vma_flags_text(__u32 flags) {
  std::string text = (flags & RBI_VMA_SHARED) != 0 ? "shared" : "private";
  if ((flags & RBI_VMA_GROWSDOWN) != 0) text += " growsdown";
  if ((flags & RBI_VMA_NORESERVE) != 0) text += " noreserve";
  if ((flags & RBI_VMA_STACK) != 0) text += " stack";
  constexpr std::pair<__u32, const char*> kAdvice[] = {
      {RBI_VMA_SEQUENTIAL, "sequential"}, {RBI_VMA_RANDOM, "random"},
      {RBI_VMA_DONTFORK, "dontfork"},     {RBI_VMA_DONTDUMP, "dontdump"},
      {RBI_VMA_WIPEONFORK, "wipeonfork"}, {RBI_VMA_MERGEABLE, "mergeable"},
      {RBI_VMA_HUGEPAGE, "hugepage"},     {RBI_VMA_NOHUGEPAGE, "nohugepage"},
      {RBI_VMA_LOCKED, "locked"},         {RBI_VMA_LOCKONFAULT, "onfault"},
  };
  for (const auto& [flag, name] : kAdvice) {
    if ((flags & flag) != 0) text += fmt::format(" {}", name);
  }
  return text;
}

std::string mapped_text(const Image& image, const rbi_vma& vma) {
  switch (vma.kind) {
    case RBI_VMA_ANON:
      return "anonymous";
    case RBI_VMA_VDSO:
      return "vdso";
    case RBI_VMA_FILE:
      return fmt::format("file {} at {:#x}",
                         quoted(image.string(image.backings()[vma.backing].path)), vma.offset);
    default:
      return fmt::format("shared memory {} at {:#x}", vma.backing, vma.offset);
  }
}

std::uint64_t pages_in(std::span<const rbi_run> runs) {
  return std::accumulate(runs.begin(), runs.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const rbi_run& run) { return sum + run.pages; });
}

/// Pages with contents that lie in a VMA; runs are ascending and lie in one VMA each.
std::uint64_t contents_of(std::span<const rbi_run> runs, const rbi_vma& vma) {
  const auto below = [](const rbi_run& run, __u64 address) { return run.address < address; };
  const auto* first = std::lower_bound(runs.data(), runs.data() + runs.size(), vma.start, below);
  const auto* last = std::lower_bound(first, runs.data() + runs.size(), vma.end, below);
  return pages_in({first, last});
}

void address_space(Page& page, const Image& image, std::size_t index) {
  const rbi_mm& mm = image.mms()[index];
  const auto runs = image.runs_of(mm);
  const auto vmas = image.vmas_of(mm);
  page.line("  mm {}: {}, {} with contents in {}{}", index, counted(vmas.size(), "VMA"),
            counted(pages_in(runs), "page"), counted(runs.size(), "run"),
            mm.exe == RBI_NONE ? "" : ", exe " + quoted(image.string(mm.exe)));
  if ((mm.flags & RBI_MM_NO_HUGE_PAGES) != 0) page.line("    no huge pages");
  if ((mm.flags & RBI_MM_LOCK_FUTURE) != 0) {
    page.line("    what is mapped from now on is locked{}",
              (mm.flags & RBI_MM_LOCK_ONFAULT) != 0 ? " as it is touched" : "");
  }
  if ((mm.flags & RBI_MM_LAYOUT) != 0) {
    page.line("    code {:#x}-{:#x} data {:#x}-{:#x} brk {:#x}-{:#x} stack {:#x}", mm.start_code,
              mm.end_code, mm.start_data, mm.end_data, mm.start_brk, mm.brk, mm.start_stack);
    page.line("    arg {:#x}-{:#x} env {:#x}-{:#x} auxv entries {}", mm.arg_start, mm.arg_end,
              mm.env_start, mm.env_end, mm.auxv_count);
  }
  for (std::size_t i = 0; i < page.rows(vmas.size()); ++i) {
    const rbi_vma& vma = vmas[i];
    const std::uint64_t contents = contents_of(runs, vma);
    page.line("    {:012x}-{:012x} {} {} {}{}", vma.start, vma.end, prot_text(vma.prot),
              vma_flags_text(vma.flags), mapped_text(image, vma),
              contents == 0 ? "" : fmt::format(", {} with contents", counted(contents, "page")));
  }
  page.rest(vmas.size(), "VMAs", "    ");
}

void shared_memory(Page& page, const Image& image) {
  const auto backings = image.backings();
  for (std::size_t i = 0; i < page.rows(backings.size()); ++i) {
    const rbi_backing& backing = backings[i];
    if (backing.kind == RBI_BACKING_FILE) {
      page.line("  backing {}: file {}, {} bytes", i, quoted(image.string(backing.path)),
                backing.size);
    } else {
      const auto runs = image.runs_of(backing);
      const std::string what =
          backing.kind == RBI_BACKING_SHMEM
              ? "shared memory"
              : fmt::format("{} {} mode {:04o} seals {:#x}",
                            backing.kind == RBI_BACKING_MEMFD ? "memfd" : "deleted file",
                            quoted(image.string(backing.path)), backing.mode, backing.seals);
      page.line("  backing {}: {}, {} bytes, {} with contents in {}", i, what, backing.size,
                counted(pages_in(runs), "page"), counted(runs.size(), "run"));
    }
  }
  page.rest(backings.size(), "backings", "  ");
}

}  // namespace

void address_spaces(Page& page, const Image& image) {
  page.blank();
  page.line("memory");
  const std::size_t count = image.mms().size();
  for (std::size_t i = 0; i < page.rows(count); ++i) address_space(page, image, i);
  page.rest(count, "mms", "  ");
  shared_memory(page, image);
}

}  // namespace rb::show
