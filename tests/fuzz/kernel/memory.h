/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's allocator, bitmaps and sorting, for user space. */
#ifndef RESTARTBENCH_FUZZ_KERNEL_MEMORY_H
#define RESTARTBENCH_FUZZ_KERNEL_MEMORY_H

#include "tests/fuzz/kernel/basics.h"

/* linux/slab.h: the allocator's limit is INT_MAX, mm/util.c */
#define GFP_KERNEL 0u
#define GFP_KERNEL_ACCOUNT 0u
#define SHIM_MAX_ALLOCATION 0x7fffffffull

static inline void* kvcalloc(size_t count, size_t size, gfp_t flags) {
  (void)flags;
  if (size && count > SHIM_MAX_ALLOCATION / size) return NULL;
  return calloc(count, size);
}

static inline void* kvmalloc(size_t size, gfp_t flags) {
  (void)flags;
  return size > SHIM_MAX_ALLOCATION ? NULL : malloc(size);
}

static inline void* kvmalloc_array(size_t count, size_t size, gfp_t flags) {
  if (size && count > SHIM_MAX_ALLOCATION / size) return NULL;
  return kvmalloc(count * size, flags);
}

#define kvzalloc(size, flags) kvcalloc(1, size, flags)
#define kmalloc_array kvmalloc_array
#define kcalloc kvcalloc
#define kmalloc kvmalloc
#define kzalloc kvzalloc
#define kvfree(memory) free((void*)(memory))
#define kfree(memory) free((void*)(memory))

/* linux/bitmap.h */
#define BITS_PER_LONG 64
#define BITS_TO_LONGS(bits) (((bits) + 63) / 64)

static inline bool test_bit(unsigned long bit, const unsigned long* map) {
  return map[bit / 64] >> (bit % 64) & 1;
}

static inline void __set_bit(unsigned long bit, unsigned long* map) {
  map[bit / 64] |= 1ul << (bit % 64);
}

static inline bool __test_and_set_bit(unsigned long bit, unsigned long* map) {
  bool was = test_bit(bit, map);

  __set_bit(bit, map);
  return was;
}

static inline void bitmap_or(unsigned long* to, const unsigned long* a, const unsigned long* b,
                             unsigned int bits) {
  unsigned int i;

  for (i = 0; i < BITS_TO_LONGS((size_t)bits); i++) to[i] = a[i] | b[i];
}

static inline unsigned long find_first_zero_bit(const unsigned long* map, unsigned long bits) {
  unsigned long i;

  for (i = 0; i < bits && test_bit(i, map); i++)
    ;
  return i;
}

static inline bool is_power_of_2(unsigned long n) { return n && !(n & (n - 1)); }

static inline void* memchr_inv(const void* at, int byte, size_t size) {
  const u8* bytes = at;

  for (; size; size--, bytes++)
    if (*bytes != (u8)byte) return (void*)bytes;
  return NULL;
}

/* linux/sort.h */
static inline void sort(void* base, size_t count, size_t size,
                        int (*compare)(const void*, const void*),
                        void (*swap_entries)(void*, void*, int)) {
  (void)swap_entries;
  qsort(base, count, size, compare);
}

#endif
