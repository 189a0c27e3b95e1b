#include "harness/vm/own_memory.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace rb::vm {
namespace {

constexpr int kHeapStep = 16 << 20;
constexpr int kNeverTrim = 1 << 30;
constexpr int kLargestInHeap = 32 << 20;  // of what mallopt(3) takes

constexpr std::size_t kLargestChunk = 4 << 20;
constexpr std::size_t kLargestCached = 1032;  // of malloc's tcache, whose bins are 16 apart
constexpr std::size_t kSmallestChunk = 24;
constexpr std::size_t kMostChunks = 1 << 16;

constexpr std::size_t next_size(std::size_t size) {
  return size > kLargestCached ? size - size / 8 : size - 16;
}

}  // namespace

void steady_malloc() {
  ::mallopt(M_TOP_PAD, kHeapStep);
  ::mallopt(M_TRIM_THRESHOLD, kNeverTrim);
  ::mallopt(M_MMAP_THRESHOLD, kLargestInHeap);
}

HeapFilling::~HeapFilling() { release(); }

void HeapFilling::release() {
  for (void* chunk : chunks_) std::free(chunk);
  chunks_.clear();
}

void HeapFilling::renew() {
  release();
  chunks_.reserve(kMostChunks);  // once: growing would use the heap
  const auto end = reinterpret_cast<std::uintptr_t>(::sbrk(0)) - ::mallinfo2().keepcost;
  for (std::size_t size = kLargestChunk; size >= kSmallestChunk; size = next_size(size)) {
    while (chunks_.size() < kMostChunks) {
      void* chunk = std::malloc(size);
      if (reinterpret_cast<std::uintptr_t>(chunk) >= end) {
        std::free(chunk);  // joins the end again, or is the first that is used there
        break;
      }
      chunks_.push_back(chunk);
    }
  }
}

void touch_memory(const void* except) {
  struct Range {
    std::uintptr_t start;
    std::uintptr_t end;
  };
  std::vector<Range> ranges;
  if (std::FILE* maps = std::fopen("/proc/self/maps", "re")) {
    char line[512];
    while (std::fgets(line, sizeof line, maps) != nullptr) {
      Range range{};
      char mode[5];
      if (std::sscanf(line, "%lx-%lx %4s", &range.start, &range.end, mode) != 3) continue;
      if (mode[1] == 'w' && mode[3] == 'p') ranges.push_back(range);
    }
    std::fclose(maps);
  }
  for (const Range& range : ranges) {
    if (range.start == reinterpret_cast<std::uintptr_t>(except)) continue;
    (void)::madvise(reinterpret_cast<void*>(range.start), range.end - range.start,
                    MADV_POPULATE_WRITE);
  }
}

}  // namespace rb::vm
