// The memory of bench itself, brought to a state that does not depend on what ran before.
#pragma once

#include <vector>

namespace rb::vm {

/// Makes malloc(3) take and keep memory in large steps. Before anything is allocated.
void steady_malloc();

/// Planning a restart allocates. What that costs depends on the free chunks that earlier
/// work left in malloc's bins, so until the next time they are all in use: what is
/// allocated then comes from the untouched end of the heap.
class HeapFilling {
 public:
  HeapFilling() = default;
  HeapFilling(const HeapFilling&) = delete;
  HeapFilling& operator=(const HeapFilling&) = delete;
  ~HeapFilling();

  void renew();

 private:
  void release();

  std::vector<void*> chunks_;
};

/// Makes all private memory present and writable, so that no page is copied after a
/// fork in the middle of a restart. @param except  the start of an area to leave alone
void touch_memory(const void* except);

}  // namespace rb::vm
