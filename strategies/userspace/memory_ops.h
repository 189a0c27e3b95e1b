// Ops that give an mm its VMAs and their contents.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "strategies/userspace/common_memory.h"
#include "strategies/userspace/descriptors.h"

namespace rb {

/// The op that maps a VMA. Those whose pages all have contents, and are few, get
/// their pages in the same call, instead of by a page fault each.
/// @param prot  until the contents are there
/// @param runs  the contents that follow, if at once; else empty
[[nodiscard]] rst_op map_vma(const ImageAt& at, const DescriptorPlan& descriptors,
                             const rbi_vma& vma, std::uint32_t prot, std::span<const rbi_run> runs);

/// From ops[first] on: neighbours that map one file open it once.
void open_once(std::vector<rst_op>& ops, std::size_t first);

/// Appends the ops that copy contents in, except runs that someone else restores.
void fill_runs(const ImageAt& at, std::span<const rbi_run> runs,
               const std::function<bool(const rbi_run&)>& by_others, std::vector<rst_op>& ops);

/// Lets those of the fills that are large enough go by userfaultfd(2), which takes the lowest free
/// descriptor for that time.
void fill_in_bulk(std::span<rst_op> ops, const std::function<bool(const rst_op&)>& allowed);

[[nodiscard]] rst_op protect_vma(const rbi_vma& vma);
[[nodiscard]] rst_op unmap_vma(const rbi_vma& vma);

/// prctl(PR_SET_MM_MAP) of an mm with RBI_MM_LAYOUT.
[[nodiscard]] rst_op set_layout(const ImageAt& at, const rbi_mm& mm);

/// What the coordinator does before it creates the root.
[[nodiscard]] std::vector<rst_op> common_memory_ops(const ImageAt& at,
                                                    const DescriptorPlan& descriptors,
                                                    const CommonMemory& common);

}  // namespace rb
