// Places memory regions one above the other.
#pragma once

#include "workloads/synthetic/objects.h"

namespace rb {

inline constexpr std::uint64_t kPagesPerMiB = (1u << 20) / RBI_PAGE_SIZE;

/// Adds a region above those that the mm has, start left 0. Regions begin at
/// multiples of 2 MiB, as the kernel places big mappings, and with at least
/// 1 MiB between them: the guard gap below a growing stack, mmap(2).
inline Region& add_region(SyntheticMm& mm, Region region) {
  constexpr std::uint64_t kAlign = 2u << 20;
  constexpr std::uint64_t kGap = 1u << 20;
  region.start = kRegions;
  if (!mm.regions.empty()) {
    const Region& last = mm.regions.back();
    const std::uint64_t lowest = last.start + last.pages * RBI_PAGE_SIZE + kGap;
    region.start = (lowest + kAlign - 1) / kAlign * kAlign;
  }
  mm.regions.push_back(std::move(region));
  return mm.regions.back();
}

/// Contents for all of a region or backing.
inline std::vector<PatternRun> all_pages(std::uint64_t pages, std::uint64_t seed) {
  return {{.first = 0, .pages = pages, .seed = seed}};
}

/// Contents for every step-th page, each a run of its own.
inline std::vector<PatternRun> some_pages(std::uint64_t pages, std::uint64_t step,
                                          std::uint64_t seed) {
  std::vector<PatternRun> runs;
  for (std::uint64_t page = 0; page < pages; page += step) {
    runs.push_back({.first = page, .pages = 1, .seed = rbi_word(seed, page)});
  }
  return runs;
}

}  // namespace rb
