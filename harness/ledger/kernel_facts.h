// What there is to know of a kernel before its allocations can be counted.
#pragma once

#include <cstdint>
#include <istream>
#include <map>
#include <string>
#include <vector>

#include "harness/counters/tracefs.h"

namespace rb {

/// Addresses of code, [start, end).
struct CodeRange {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
};

struct CacheFacts {
  std::uint64_t object_size = 0;
  /// Other caches of that size may be one with it, under any of their names.
  bool merged = false;
};

struct KernelFacts {
  bool allocations_name_caches = false;                     ///< since Linux 6.2
  std::map<std::string, CacheFacts> caches;                 ///< those of classes.h that exist
  std::map<std::string, std::vector<CodeRange>> functions;  ///< those of classes.h that exist
  unsigned vdso_vmas = 2;         ///< VMAs that the kernel makes of a vDSO with its data
  std::vector<CodeRange> module;  ///< restart.ko's code, if it is loaded
};

/// The facts of the running kernel. Reads all of /proc/kallsyms: some 10 ms. Errors:
/// kLacking, as where addresses are hidden from this user.
[[nodiscard]] Result<KernelFacts> read_kernel_facts();

/// Fills in where the functions of classes.h, and the module, lie. Pure.
/// @param kallsyms  text in the format of /proc/kallsyms
void find_functions(std::istream& kallsyms, KernelFacts& facts);

}  // namespace rb
