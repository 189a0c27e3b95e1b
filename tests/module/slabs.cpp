#include "tests/module/slabs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace rb::test {
namespace {

constexpr const char* kCaches[] = {"files_cache",  "fs_cache",    "sighand_cache", "mm_struct",
                                   "signal_cache", "task_struct", "filp",          "pid"};
constexpr int kAttempts = 100;  // of 0.1 s

/// Partly used slabs count as used in /proc/slabinfo until they are shrunk.
void shrink(const std::string& cache) {
  std::ofstream file("/sys/kernel/slab/" + cache + "/shrink");
  file << 1;
}

}  // namespace

Slabs Slabs::now() {
  for (const char* cache : kCaches) shrink(cache);
  Slabs slabs;
  std::ifstream file("/proc/slabinfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    long active = 0;
    long all = 0;
    long size = 0;
    long per_slab = 0;
    words >> name >> active >> all >> size >> per_slab;
    for (const char* cache : kCaches) {
      if (name == cache) slabs.caches_[name] = {active, per_slab};
    }
  }
  return slabs;
}

std::vector<std::string> Slabs::leaks() const {
  std::vector<std::string> lines;
  for (int i = 0; i < kAttempts; ++i) {
    ::usleep(100000);
    lines.clear();
    for (const auto& [name, cache] : now().caches_) {
      const auto before = caches_.find(name);
      if (before == caches_.end()) continue;
      const long allowed = before->second.active + cache.slab * ::sysconf(_SC_NPROCESSORS_ONLN);
      if (cache.active <= allowed) continue;
      lines.push_back(
          fmt::format("{}: {} objects, {} before", name, cache.active, before->second.active));
    }
    if (caches_.empty()) return {"no cache is listed in /proc/slabinfo"};
    if (lines.empty()) break;
  }
  return lines;
}

}  // namespace rb::test
