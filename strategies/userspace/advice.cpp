#include "strategies/userspace/advice.h"

#include <sys/mman.h>

#include "strategies/userspace/ops.h"

namespace rb {
namespace {

struct Advice {
  std::uint32_t flag;  ///< RBI_VMA_*
  int advice;          ///< MADV_*
};
constexpr Advice kBefore[] = {{RBI_VMA_HUGEPAGE, MADV_HUGEPAGE},
                              {RBI_VMA_NOHUGEPAGE, MADV_NOHUGEPAGE}};
constexpr Advice kAfter[] = {
    {RBI_VMA_SEQUENTIAL, MADV_SEQUENTIAL}, {RBI_VMA_RANDOM, MADV_RANDOM},
    {RBI_VMA_DONTFORK, MADV_DONTFORK},     {RBI_VMA_DONTDUMP, MADV_DONTDUMP},
    {RBI_VMA_WIPEONFORK, MADV_WIPEONFORK}, {RBI_VMA_MERGEABLE, MADV_MERGEABLE}};

/// Appends `op` for each row of neighbours that all have the flags `wanted` of `mask`.
template <class Skip>
void add_rows(std::span<const rbi_vma> vmas, std::uint32_t mask, std::uint32_t wanted, rst_op op,
              Skip skip, std::vector<rst_op>& ops) {
  bool open = false;
  for (const rbi_vma& vma : vmas) {
    if ((vma.flags & mask) != wanted || skip(vma)) {
      open = false;
      continue;
    }
    if (open && ops.back().a + ops.back().b == vma.start) {
      ops.back().b += vma.end - vma.start;
      continue;
    }
    op.a = vma.start;
    op.b = vma.end - vma.start;
    ops.push_back(op);
    open = true;
  }
}

template <class Skip>
void add_advice(std::span<const rbi_vma> vmas, std::span<const Advice> kinds, std::uint32_t any,
                Skip skip, std::vector<rst_op>& ops) {
  for (const auto& [flag, advice] : kinds) {
    if ((any & flag) == 0) continue;
    rst_op op = ops::make(RST_MADVISE, RST_STAGE_MEMORY);
    op.c = static_cast<std::uint64_t>(advice);
    add_rows(vmas, flag, flag, op, skip, ops);
  }
}

[[nodiscard]] std::uint32_t any_flags(std::span<const rbi_vma> vmas) {
  std::uint32_t any = 0;
  for (const rbi_vma& vma : vmas) any |= vma.flags;
  return any;
}

}  // namespace

void advise_before_contents(std::span<const rbi_vma> vmas, const CommonMemory& had,
                            std::vector<rst_op>& ops) {
  const std::uint32_t any = any_flags(vmas);
  if ((any & RBI_VMA_ADVICE) == 0) return;
  add_advice(
      vmas, kBefore, any, [&](const rbi_vma& vma) { return had.find(vma) != nullptr; }, ops);
}

void advise_common_memory(const CommonMemory& common, std::vector<rst_op>& ops) {
  std::vector<rbi_vma> vmas;
  for (const CommonVma& one : common.vmas) {
    if ((one.vma.flags & RBI_VMA_ADVICE) != 0) vmas.push_back(one.vma);
  }
  advise_before_contents(vmas, {}, ops);
}

void advise_after_contents(std::span<const rbi_vma> vmas, const rbi_mm& mm,
                           std::vector<rst_op>& ops) {
  const std::uint32_t any = any_flags(vmas);
  const auto none = [](const rbi_vma&) { return false; };
  if ((any & RBI_VMA_ADVICE) != 0) add_advice(vmas, kAfter, any, none, ops);
  if ((any & RBI_VMA_LOCKED) != 0) {
    constexpr std::uint32_t kBoth = RBI_VMA_LOCKED | RBI_VMA_LOCKONFAULT;
    rst_op op = ops::make(RST_MLOCK, RST_STAGE_MEMORY);
    add_rows(vmas, kBoth, RBI_VMA_LOCKED, op, none, ops);
    op.c = MLOCK_ONFAULT;
    add_rows(vmas, kBoth, kBoth, op, none, ops);
  }
  if ((mm.flags & RBI_MM_LOCK_FUTURE) != 0) {
    rst_op op = ops::make(RST_MLOCKALL, RST_STAGE_MEMORY);
    op.a = MCL_FUTURE;
    if ((mm.flags & RBI_MM_LOCK_ONFAULT) != 0) op.a |= MCL_ONFAULT;
    ops.push_back(op);
  }
}

}  // namespace rb
