// Ops for what was said about memory with madvise(2), mlock2(2) and prctl(2).
#pragma once

#include <span>
#include <vector>

#include "strategies/userspace/common_memory.h"
#include "strategies/userspace/restorer/op.h"

namespace rb {

/// Appends advice that must be there before contents: whether pages are to be huge. It is
/// inherited by fork. One op for neighbours that have the same.
/// @param had  what the mm was born with, advice included; of other VMAs' none is set
void advise_before_contents(std::span<const rbi_vma> vmas, const CommonMemory& had,
                            std::vector<rst_op>& ops);

/// The same for what the coordinator maps for all of them.
void advise_common_memory(const CommonMemory& common, std::vector<rst_op>& ops);

/// Appends all else, which a fork would lose or act on: once contents are there and the
/// mm is copied no more. Locks are last.
void advise_after_contents(std::span<const rbi_vma> vmas, const rbi_mm& mm,
                           std::vector<rst_op>& ops);

}  // namespace rb
