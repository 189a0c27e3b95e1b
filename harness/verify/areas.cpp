#include "harness/verify/areas.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <utility>

#include "harness/verify/proc_files.h"
#include "harness/verify/vm_flags.h"

namespace rb {
namespace {

constexpr std::pair<std::uint32_t, const char*> kAdviceNames[] = {
    {RBI_VMA_SEQUENTIAL, "sequential"}, {RBI_VMA_RANDOM, "random"},
    {RBI_VMA_DONTFORK, "dontfork"},     {RBI_VMA_DONTDUMP, "dontdump"},
    {RBI_VMA_WIPEONFORK, "wipeonfork"}, {RBI_VMA_MERGEABLE, "mergeable"},
    {RBI_VMA_HUGEPAGE, "hugepage"},     {RBI_VMA_NOHUGEPAGE, "nohugepage"},
    {RBI_VMA_LOCKED, "locked"},         {RBI_VMA_LOCKONFAULT, "onfault"}};

bool mergeable(const Area& first, const Area& second) {
  if (first.end != second.start || first.kind != second.kind) return false;
  if (first.kind == AreaKind::kVdso) return true;  // Its data pages and its code.
  if (first.prot != second.prot || first.shared != second.shared ||
      first.growsdown != second.growsdown || first.noreserve != second.noreserve ||
      first.advice != second.advice) {
    return false;
  }
  if (first.kind == AreaKind::kAnonymous) return true;
  return first.path == second.path && first.backing == second.backing &&
         first.device == second.device && first.inode == second.inode &&
         first.offset + (first.end - first.start) == second.offset;
}

void append_merged(std::vector<Area>& areas, Area area) {
  if (!areas.empty() && mergeable(areas.back(), area)) {
    areas.back().end = area.end;
  } else {
    areas.push_back(std::move(area));
  }
}

AreaKind kind_of_mapping(const ProcMapping& mapping) {
  if (mapping.inode != 0) return AreaKind::kFile;
  // [vvar], [vvar_vclock], [vdso]; the number of data pages differs by kernel.
  const bool vdso = mapping.path == "[vdso]" || mapping.path.rfind("[vvar", 0) == 0;
  return vdso ? AreaKind::kVdso : AreaKind::kAnonymous;
}

std::string describe(const Area& area) {
  std::string text = fmt::format("{:#x}-{:#x} {}{}{}{}", area.start, area.end,
                                 (area.prot & PROT_READ) != 0 ? 'r' : '-',
                                 (area.prot & PROT_WRITE) != 0 ? 'w' : '-',
                                 (area.prot & PROT_EXEC) != 0 ? 'x' : '-', area.shared ? 's' : 'p');
  switch (area.kind) {
    case AreaKind::kAnonymous:
      text += " anonymous";
      break;
    case AreaKind::kVdso:
      text += " vDSO";
      break;
    case AreaKind::kFile:
      text += fmt::format(" {} at {:#x}", area.path, area.offset);
      break;
    case AreaKind::kSharedMemory:
      text += fmt::format(" shared memory {} at {:#x}", area.backing, area.offset);
      break;
  }
  if (area.growsdown) text += " growsdown";
  if (area.noreserve) text += " noreserve";
  for (const auto& [flag, name] : kAdviceNames) {
    if ((area.advice & flag) != 0) text += fmt::format(" {}", name);
  }
  return text;
}

bool same_object(const Area& expected, const Area& found) {
  switch (expected.kind) {
    case AreaKind::kAnonymous:
    case AreaKind::kVdso:
      return found.kind == expected.kind;
    case AreaKind::kSharedMemory:
      return found.kind == AreaKind::kFile && found.offset == expected.offset;
    case AreaKind::kFile:
      return found.kind == AreaKind::kFile && found.offset == expected.offset &&
             same_path(found.path, expected.path);
  }
  return false;
}

bool same_properties(const Area& expected, const Area& found, const CompareOptions& options) {
  if (expected.kind == AreaKind::kVdso) return found.kind == AreaKind::kVdso;
  if (!same_object(expected, found)) return false;
  if (expected.prot != found.prot || expected.shared != found.shared) return false;
  if (options.flags_known &&
      (expected.growsdown != found.growsdown || expected.advice != found.advice)) {
    return false;
  }
  return !options.flags_known || !options.noreserve_known || expected.noreserve == found.noreserve;
}

/// The vDSO is as long as the running kernel has it, not as the image's had.
bool same_range(const Area& expected, const Area& found, const CompareOptions& options) {
  if (expected.kind == AreaKind::kVdso && found.kind == AreaKind::kVdso) {
    return expected.start == found.start;
  }
  if (expected.end != found.end) return false;
  return expected.start == found.start ||
         (options.stacks_may_grow && expected.growsdown && found.start < expected.start);
}

}  // namespace

std::uint32_t known_advice(const Image& image, const rbi_mm& mm) {
  const auto vmas = image.vmas_of(mm);
  const bool stacks = std::any_of(vmas.begin(), vmas.end(), [](const rbi_vma& vma) {
    return (vma.flags & RBI_VMA_STACK) != 0;
  });
  return stacks ? kAllAdvice & ~std::uint32_t{RBI_VMA_NOHUGEPAGE} : kAllAdvice;
}

std::vector<Area> areas_of_image(const Image& image, const rbi_mm& mm, std::uint32_t known) {
  std::vector<Area> areas;
  for (const rbi_vma& vma : image.vmas_of(mm)) {
    Area area;
    area.start = vma.start;
    area.end = vma.end;
    area.offset = vma.offset;
    area.prot = vma.prot;
    area.shared = (vma.flags & RBI_VMA_SHARED) != 0;
    area.growsdown = (vma.flags & RBI_VMA_GROWSDOWN) != 0;
    area.noreserve = (vma.flags & RBI_VMA_NORESERVE) != 0;
    area.advice = vma.flags & known;
    if (vma.kind == RBI_VMA_VDSO) area.kind = AreaKind::kVdso;
    if (vma.kind == RBI_VMA_FILE) {
      area.kind = AreaKind::kFile;
      area.path = image.string(image.backings()[vma.backing].path);
    }
    if (vma.kind == RBI_VMA_SHMEM) {
      area.kind = AreaKind::kSharedMemory;
      area.backing = vma.backing;
    }
    append_merged(areas, std::move(area));
  }
  return areas;
}

std::vector<Area> areas_of_task(std::span<const ProcMapping> mappings, const AddressRange& ignored,
                                std::uint32_t known) {
  std::vector<Area> areas;
  const auto append = [&](const ProcMapping& mapping, std::uint64_t start, std::uint64_t end) {
    if (start >= end) return;
    Area area;
    area.start = start;
    area.end = end;
    area.prot = mapping.prot;
    area.shared = mapping.shared;
    area.growsdown = mapping.growsdown;
    area.noreserve = mapping.noreserve;
    area.advice = advice_of(mapping) & known;
    area.kind = kind_of_mapping(mapping);
    if (area.kind == AreaKind::kFile) {
      area.offset = mapping.offset + (start - mapping.start);
      area.path = mapping.path;
      area.device = mapping.device;
      area.inode = mapping.inode;
    }
    append_merged(areas, std::move(area));
  };
  for (const ProcMapping& mapping : mappings) {
    if (mapping.path == "[vsyscall]") continue;
    if (ignored.start >= ignored.end || mapping.end <= ignored.start ||
        mapping.start >= ignored.end) {
      append(mapping, mapping.start, mapping.end);
      continue;
    }
    append(mapping, mapping.start, std::min(mapping.end, ignored.start));
    append(mapping, std::max(mapping.start, ignored.end), mapping.end);
  }
  return areas;
}

std::vector<std::string> compare_areas(std::span<const Area> expected, std::span<const Area> found,
                                       const CompareOptions& options,
                                       std::vector<BackingFound>& backings) {
  std::vector<std::string> differences;
  std::size_t i = 0;
  std::size_t j = 0;
  // How far ranges that overlap without being equal were reported already: the
  // rest of the longer one is no news.
  std::uint64_t reported = 0;
  while (i < expected.size() || j < found.size()) {
    if (j == found.size() || (i < expected.size() && expected[i].end <= found[j].start)) {
      if (expected[i].start >= reported) {
        differences.push_back(fmt::format("expected {}, found nothing", describe(expected[i])));
      }
      ++i;
      continue;
    }
    if (i == expected.size() || found[j].end <= expected[i].start) {
      if (found[j].start >= reported) {
        differences.push_back(fmt::format("expected nothing, found {}", describe(found[j])));
      }
      ++j;
      continue;
    }
    if (same_range(expected[i], found[j], options) &&
        same_properties(expected[i], found[j], options)) {
      if (expected[i].kind == AreaKind::kSharedMemory) {
        backings.push_back({expected[i].backing, found[j].device, found[j].inode});
      }
      ++i;
      ++j;
      continue;
    }
    differences.push_back(
        fmt::format("expected {}, found {}", describe(expected[i]), describe(found[j])));
    // Go on behind whichever ends first; the other may overlap the next one.
    const std::uint64_t end = std::min(expected[i].end, found[j].end);
    const bool next_expected = expected[i].end == end;
    const bool next_found = found[j].end == end;
    i += next_expected ? 1 : 0;
    j += next_found ? 1 : 0;
    reported = end;
  }
  return differences;
}

}  // namespace rb
