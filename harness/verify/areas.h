// Comparison of address spaces: pure functions over values.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/verify/proc_parse.h"
#include "image/image.h"
#include "strategies/strategy.h"

namespace rb {

enum class AreaKind { kAnonymous, kFile, kSharedMemory, kVdso };

/// A range of an address space with one set of properties: one or several
/// adjacent VMAs. The kernel merges VMAs where it can, and an image may have
/// them split, so both sides are brought to the coarsest form and compared.
struct Area {
  std::uint64_t start = 0;
  std::uint64_t end = 0;     ///< exclusive
  std::uint64_t offset = 0;  ///< into what is mapped, bytes; 0 for kAnonymous, kVdso
  std::uint32_t prot = 0;    ///< PROT_*
  bool shared = false;
  bool growsdown = false;
  bool noreserve = false;
  std::uint32_t advice = 0;  ///< RBI_VMA_ADVICE, RBI_VMA_LOCKED, RBI_VMA_LOCKONFAULT
  AreaKind kind = AreaKind::kAnonymous;
  std::string path;                  ///< kFile
  std::uint32_t backing = RBI_NONE;  ///< kSharedMemory, of an image
  std::uint64_t device = 0;          ///< of a task: 0 if not a file
  std::uint64_t inode = 0;
};

/// Which backing of shared memory was found to be which inode.
struct BackingFound {
  std::uint32_t backing = 0;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
};

inline constexpr std::uint32_t kAllAdvice = RBI_VMA_ADVICE | RBI_VMA_LOCKED | RBI_VMA_LOCKONFAULT;

/// What can be known of advice and locks in that mm: all of Area::advice, but that MAP_STACK may
/// mean RBI_VMA_NOHUGEPAGE (since Linux 6.7) or nothing.
[[nodiscard]] std::uint32_t known_advice(const Image& image, const rbi_mm& mm);

/// An image's areas, merged.
/// @param known  what to have of Area::advice
[[nodiscard]] std::vector<Area> areas_of_image(const Image& image, const rbi_mm& mm,
                                               std::uint32_t known = kAllAdvice);

/// A task's areas, merged, without what lies inside `ignored` and without
/// [vsyscall], which is no VMA.
[[nodiscard]] std::vector<Area> areas_of_task(std::span<const ProcMapping> mappings,
                                              const AddressRange& ignored,
                                              std::uint32_t known = kAllAdvice);

struct CompareOptions {
  bool flags_known = true;       ///< smaps was readable: compare growsdown, noreserve
  bool noreserve_known = true;   ///< MAP_NORESERVE has an effect on this machine
  bool stacks_may_grow = false;  ///< tasks have run
};

/// Sentences without a subject, one for each difference. Appends to `backings`
/// what shared memory was found to be: identities are for the caller to
/// compare, as they span address spaces.
[[nodiscard]] std::vector<std::string> compare_areas(std::span<const Area> expected,
                                                     std::span<const Area> found,
                                                     const CompareOptions& options,
                                                     std::vector<BackingFound>& backings);

}  // namespace rb
