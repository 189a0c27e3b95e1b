#include "harness/verify/xsave_parts.h"

#include <cpuid.h>

namespace rb {
namespace {

std::array<XsavePart, kXsaveComponents> ask_cpu() {
  constexpr unsigned kXsaveLeaf = 0xd;
  constexpr unsigned kSupervisor = 1;
  std::array<XsavePart, kXsaveComponents> parts{};
  parts[1] = {160, 256};
  for (unsigned i = 2; i < kXsaveComponents; ++i) {
    unsigned size = 0;
    unsigned offset = 0;
    unsigned c = 0;
    unsigned d = 0;
    if (__get_cpuid_count(kXsaveLeaf, i, &size, &offset, &c, &d) == 0) continue;
    if ((c & kSupervisor) == 0) parts[i] = {offset, size};
  }
  return parts;
}

}  // namespace

const std::array<XsavePart, kXsaveComponents>& xsave_parts() {
  static const std::array<XsavePart, kXsaveComponents> kParts = ask_cpu();
  return kParts;
}

}  // namespace rb
