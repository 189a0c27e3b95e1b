// Backings, address spaces and their VMAs.
#include <fmt/format.h>
#include <sys/mman.h>

#include "image/validate/checks.h"

namespace rb::validation {
namespace {

constexpr std::uint64_t kAllProt = PROT_READ | PROT_WRITE | PROT_EXEC;

constexpr std::uint64_t kAllSeals = 0x3f;   // F_SEAL_SEAL to F_SEAL_EXEC, linux/fcntl.h
constexpr std::size_t kMaxMemfdName = 249;  // memfd_create(2)

/// What has contents of its own: its length is that of a file, in bytes.
Status check_own_contents(const View& view, const At& at, const rbi_backing& backing) {
  RB_TRY(at.within("size", backing.size, 0, kMaxOffset - RBI_PAGE_SIZE));
  RB_TRY(at.bits("mode", backing.mode, 0777));
  if (backing.kind == RBI_BACKING_DELETED) {
    RB_TRY(at.zero("seals", backing.seals));
    return at.path("path", backing.path);
  }
  RB_TRY(at.bits("seals", backing.seals, kAllSeals));
  RB_TRY(at.require(view.is_string(backing.path), "path", "must be the offset of a string"));
  return at.require(view.string(backing.path).size() <= kMaxMemfdName, "path",
                    "must be a name of at most 249 bytes");
}

Status check_backing(const View& view, std::size_t i, const rbi_backing& backing) {
  const At at(view, RBI_SEC_BACKINGS, i);
  RB_TRY(at.within("kind", backing.kind, 0, RBI_BACKING_KIND_COUNT - 1));
  if (backing.kind == RBI_BACKING_MEMFD || backing.kind == RBI_BACKING_DELETED) {
    return check_own_contents(view, at, backing);
  }
  RB_TRY(at.require(backing.size > 0 && is_page_aligned(backing.size) && backing.size <= kUserEnd,
                    "size", "must be a multiple of 4096 above 0 and fit into user space"));
  RB_TRY(at.zero("seals", backing.seals));
  RB_TRY(at.zero("mode", backing.mode));
  if (backing.kind == RBI_BACKING_SHMEM) {
    return at.require(backing.path == RBI_NONE, "path", "must be none for shared memory");
  }
  RB_TRY(at.path("path", backing.path));
  return at.require(backing.run_count == 0, "run_count", "must be 0: a file keeps its contents");
}

Status check_extent(const At& at, const rbi_vma& vma, const rbi_vma* before) {
  RB_TRY(at.require(is_page_aligned(vma.start), "start", "must be page-aligned"));
  RB_TRY(at.require(is_page_aligned(vma.end), "end", "must be page-aligned"));
  RB_TRY(at.user_address("start", vma.start));
  if (vma.end <= vma.start) {
    return at.refuse("end", fmt::format("must lie above start {:#x}", vma.start));
  }
  if (vma.end > kUserEnd) return at.refuse("end", fmt::format("must be at most {:#x}", kUserEnd));
  if (before != nullptr && vma.start < before->end) {
    return at.refuse("start", fmt::format("must not lie below {:#x}, the end of the VMA before it",
                                          before->end));
  }
  return {};
}

Status check_backed(const View& view, const At& at, const rbi_vma& vma) {
  RB_TRY(at.index("backing", vma.backing, RBI_SEC_BACKINGS));
  const rbi_backing& backing = view.table<rbi_backing>(RBI_SEC_BACKINGS)[vma.backing];
  const bool shmem = vma.kind == RBI_VMA_SHMEM;
  RB_TRY(at.require(
      (backing.kind == RBI_BACKING_SHMEM) == shmem, "backing",
      shmem ? "must be shared memory for a shmem VMA" : "must be a file for a VMA of a file"));
  RB_TRY(at.require(is_page_aligned(vma.offset), "offset", "must be page-aligned"));
  const std::uint64_t size = whole_pages(backing.size);
  if (vma.offset > size || vma.end - vma.start > size - vma.offset) {
    return at.refuse("offset", fmt::format("must leave room for the VMA's {:#x} bytes in "
                                           "backings[{}], which has {:#x}",
                                           vma.end - vma.start, vma.backing, size));
  }
  return {};
}

Status check_unbacked(const At& at, const rbi_vma& vma) {
  RB_TRY(at.require(vma.backing == RBI_NONE, "backing", "must be none for this kind"));
  return at.require(vma.offset == 0, "offset", "must be 0 without a backing");
}

/// What madvise(2) and mlock2(2) do not allow, or take back.
Status check_advice(const At& at, const rbi_vma& vma) {
  const auto has = [&vma](std::uint32_t flags) { return (vma.flags & flags) == flags; };
  if ((vma.flags & ~std::uint32_t{RBI_VMA_SHARED | RBI_VMA_NORESERVE | RBI_VMA_STACK}) == 0)
    return {};
  RB_TRY(at.require(!has(RBI_VMA_SEQUENTIAL | RBI_VMA_RANDOM), "flags",
                    "must not be sequential (0x10) and random (0x20) at once"));
  RB_TRY(at.require(!has(RBI_VMA_HUGEPAGE | RBI_VMA_NOHUGEPAGE), "flags",
                    "must not want huge pages (0x400) and none (0x800) at once"));
  RB_TRY(at.require(!has(RBI_VMA_SHARED | RBI_VMA_MERGEABLE), "flags",
                    "must not have RBI_VMA_MERGEABLE (0x200) with RBI_VMA_SHARED (0x1)"));
  return at.require(!has(RBI_VMA_LOCKONFAULT) || has(RBI_VMA_LOCKED), "flags",
                    "must have RBI_VMA_LOCKED (0x1000) with RBI_VMA_LOCKONFAULT (0x2000)");
}

Status check_kind(const View& view, const At& at, const rbi_vma& vma) {
  constexpr std::uint64_t kAnonymousOnly = RBI_VMA_GROWSDOWN | RBI_VMA_STACK | RBI_VMA_WIPEONFORK;
  switch (vma.kind) {
    case RBI_VMA_ANON:
      RB_TRY(at.bits("flags", vma.flags, RBI_VMA_ALL_FLAGS & ~RBI_VMA_SHARED));
      return check_unbacked(at, vma);
    case RBI_VMA_FILE:
      RB_TRY(at.bits("flags", vma.flags, RBI_VMA_ALL_FLAGS & ~kAnonymousOnly));
      return check_backed(view, at, vma);
    case RBI_VMA_SHMEM:
      RB_TRY(at.bits("flags", vma.flags, RBI_VMA_ALL_FLAGS & ~kAnonymousOnly));
      RB_TRY(at.require((vma.flags & RBI_VMA_SHARED) != 0, "flags",
                        "must have RBI_VMA_SHARED (0x1) for shared memory"));
      return check_backed(view, at, vma);
    case RBI_VMA_VDSO:
      RB_TRY(at.zero("flags", vma.flags));
      RB_TRY(at.require(vma.prot == (PROT_READ | PROT_EXEC), "prot",
                        "must be read and execute (0x5) for the vDSO"));
      return check_unbacked(at, vma);
    default:
      return at.within("kind", vma.kind, 0, RBI_VMA_KIND_COUNT - 1);
  }
}

Status check_vma(const View& view, const At& at, const rbi_vma& vma, const rbi_vma* before) {
  RB_TRY(check_extent(at, vma, before));
  RB_TRY(at.bits("prot", vma.prot, kAllProt));
  RB_TRY(check_kind(view, at, vma));
  return check_advice(at, vma);
}

Status check_vmas(const View& view, const rbi_mm& mm) {
  const auto vmas = view.table<rbi_vma>(RBI_SEC_VMAS).subspan(mm.vma_first, mm.vma_count);
  const rbi_vma* vdso = nullptr;
  for (std::size_t i = 0; i < vmas.size(); ++i) {
    const At at(view, RBI_SEC_VMAS, mm.vma_first + i);
    RB_TRY(check_vma(view, at, vmas[i], i == 0 ? nullptr : &vmas[i - 1]));
    if (vmas[i].kind != RBI_VMA_VDSO) continue;
    RB_TRY(at.require(vdso == nullptr, "kind", "must not be a second vDSO in one mm"));
    vdso = &vmas[i];
  }
  return {};
}

}  // namespace

Status check_memory(const View& view) {
  const auto backings = view.table<rbi_backing>(RBI_SEC_BACKINGS);
  for (std::size_t i = 0; i < backings.size(); ++i) RB_TRY(check_backing(view, i, backings[i]));
  for (const rbi_mm& mm : view.table<rbi_mm>(RBI_SEC_MMS)) RB_TRY(check_vmas(view, mm));
  return {};
}

Status check_backings_used(const View& view) {
  std::vector<bool> used(view.count(RBI_SEC_BACKINGS));
  for (const rbi_vma& vma : view.table<rbi_vma>(RBI_SEC_VMAS)) {
    if (vma.backing != RBI_NONE) used[vma.backing] = true;
  }
  for (const rbi_ofd& ofd : view.table<rbi_ofd>(RBI_SEC_OFDS)) {
    if (ofd.kind == RBI_OFD_MEMFD || ofd.kind == RBI_OFD_DELETED) used[ofd.object] = true;
  }
  return require_all_used(RBI_SEC_BACKINGS, used, "a VMA or an open file description");
}

}  // namespace rb::validation
