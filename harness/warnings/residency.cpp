#include "harness/warnings/residency.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace rb {

std::optional<double> resident_share(std::span<const std::byte> mapping) {
  if (mapping.empty()) return std::nullopt;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> pages((mapping.size() + page - 1) / page);
  // The kernel's own signature is not const.
  auto* start = const_cast<std::byte*>(mapping.data());
  if (::mincore(start, mapping.size(), pages.data()) != 0) return std::nullopt;
  const auto in_memory =
      std::count_if(pages.begin(), pages.end(), [](unsigned char each) { return (each & 1) != 0; });
  return static_cast<double>(in_memory) / static_cast<double>(pages.size());
}

}  // namespace rb
