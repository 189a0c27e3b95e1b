#include "harness/objects/small_process.h"

#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace rb {
namespace {

struct Area {
  unsigned long start, end;
  char permissions[5];
};

std::vector<Area> areas(const char* path) {
  std::vector<Area> found;
  found.reserve(256);  // so that reading adds no area
  std::FILE* maps = std::fopen(path, "r");
  if (maps == nullptr) return found;
  char line[512];
  while (std::fgets(line, sizeof line, maps) != nullptr) {
    Area area{};
    if (std::sscanf(line, "%lx-%lx %4s", &area.start, &area.end, area.permissions) == 3) {
      found.push_back(area);
    }
  }
  std::fclose(maps);
  return found;
}

}  // namespace

void become_small() {
  ::close_range(3, ~0u, 0);
  // The kernel writes to libc's rseq area on a child's every return to user mode.
  if (__rseq_size != 0) {
    const auto self = reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer());
    const unsigned length = __rseq_size < 32 ? 32 : __rseq_size;
    ::syscall(SYS_rseq, self + static_cast<std::uintptr_t>(__rseq_offset), length,
              RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
  }
  const auto here = reinterpret_cast<unsigned long>(__builtin_frame_address(0));
  for (const Area& area : areas("/proc/self/maps")) {
    const bool stack = area.start <= here && here < area.end;
    const bool code = area.permissions[2] == 'x';
    const bool shared = area.permissions[3] == 's';
    if (stack || code || shared) continue;
    ::madvise(reinterpret_cast<void*>(area.start), area.end - area.start, MADV_DONTFORK);
  }
}

std::uint64_t vmas_of(pid_t pid) {
  constexpr unsigned long kVsyscall = 0xffffffffff600000;  // is no VMA
  const auto found = areas(("/proc/" + std::to_string(pid) + "/maps").c_str());
  return static_cast<std::uint64_t>(std::count_if(
      found.begin(), found.end(), [](const Area& area) { return area.start != kVsyscall; }));
}

rlim_t open_file_limit(std::uint64_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) return limit.rlim_cur;
  rlimit higher = {wanted, std::max<rlim_t>(limit.rlim_max, wanted)};
  if (::setrlimit(RLIMIT_NOFILE, &higher) == 0) return wanted;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace rb
