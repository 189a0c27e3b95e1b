// Memory that most mms of an image have in common, and are born with.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "image/image.h"
#include "strategies/userspace/topology.h"

namespace rb {

/// A VMA that the coordinator maps before it creates the root, for fork to pass on.
struct CommonVma {
  rbi_vma vma{};       ///< as the image has it
  std::uint32_t prot;  ///< what it is passed on with: vma.prot, or PROT_WRITE besides
  /// Contents that it is passed on with: all that any mm has in it, or none.
  std::span<const rbi_run> runs;
  /// Whether `runs` are all the contents there are: nothing is left to restore.
  bool complete = false;
};

/// What a new mm has before anything is restored in it.
struct CommonMemory {
  std::vector<CommonVma> vmas;     ///< ascending, not overlapping
  const rbi_mm* layout = nullptr;  ///< all have its RBI_MM_LAYOUT fields, auxv and exe
  std::vector<char> inherited;     ///< by mm object of the topology: whether it is born with it

  /// The common VMA that is exactly like this one, or nullptr.
  [[nodiscard]] const CommonVma* find(const rbi_vma& vma) const;
};

/// How deep mms may be copied from each other for pages to be passed on: each copy
/// keeps a record of all that it descends from, for each VMA with pages.
inline constexpr int kDeepestSharing = 16;

/// A VMA is common if to pass it on is cheaper than to map it in each mm that has
/// it and to unmap it in those that have not. Contents are passed on where all mms
/// have the same and none can write to them, so that no copy is put off until the
/// tree runs. Pure.
[[nodiscard]] CommonMemory plan_common_memory(const Image& image, const Topology& topology);

/// The first runs of `runs` that lie below `end`.
[[nodiscard]] std::span<const rbi_run> runs_below(std::span<const rbi_run> runs, std::uint64_t end);

}  // namespace rb
