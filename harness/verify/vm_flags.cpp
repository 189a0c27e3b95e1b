#include "harness/verify/vm_flags.h"

#include <string_view>
#include <utility>

#include "image/format.h"

namespace rb {
namespace {

constexpr std::pair<const char*, std::uint32_t> kFlags[] = {
    {"sr", RBI_VMA_SEQUENTIAL}, {"rr", RBI_VMA_RANDOM},     {"dc", RBI_VMA_DONTFORK},
    {"dd", RBI_VMA_DONTDUMP},   {"wf", RBI_VMA_WIPEONFORK}, {"mg", RBI_VMA_MERGEABLE},
    {"hg", RBI_VMA_HUGEPAGE},   {"nh", RBI_VMA_NOHUGEPAGE}, {"lo", RBI_VMA_LOCKED},
    {"lf", RBI_VMA_LOCKONFAULT}};

/// Kernels that have no name for it show "??". Names stand in the order of the flags' bits:
/// it comes behind that of VM_LOCKED and five others, and before all that a lock goes with.
bool has_nameless_onfault(const ProcMapping& mapping) {
  if (!mapping.has_flag("??")) return false;
  constexpr std::string_view kBefore[] = {"lo", "io", "sr", "rr", "dc", "de"};
  const std::string_view flags = mapping.flags;
  const std::size_t at = flags.find(" ??");
  if (at == std::string_view::npos || at < 2) return false;
  const std::string_view before = flags.substr(at - 2, 2);
  for (const std::string_view name : kBefore) {
    if (before == name) return true;
  }
  return false;
}

}  // namespace

std::uint32_t advice_of(const ProcMapping& mapping) {
  std::uint32_t flags = 0;
  for (const auto& [name, flag] : kFlags) {
    if (mapping.has_flag(name)) flags |= flag;
  }
  if ((flags & RBI_VMA_LOCKED) != 0 && has_nameless_onfault(mapping)) flags |= RBI_VMA_LOCKONFAULT;
  return flags;
}

}  // namespace rb
