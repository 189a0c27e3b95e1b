/* SPDX-License-Identifier: GPL-2.0 */
/* Types, macros and errors of the kernel, for user space. */
#ifndef RESTARTBENCH_FUZZ_KERNEL_BASICS_H
#define RESTARTBENCH_FUZZ_KERNEL_BASICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64; /* as the format has it */
typedef int32_t s32;
typedef long long s64;
typedef int64_t loff_t;
typedef intptr_t ssize_t;
typedef unsigned int gfp_t;

/* The C library's headers have types of the same names as the kernel's. */
void* calloc(size_t count, size_t size);
void* malloc(size_t size);
void free(void* memory);
void abort(void);
void* memset(void* at, int byte, size_t size);
void* memcpy(void* to, const void* from, size_t size);
int memcmp(const void* a, const void* b, size_t size);
size_t strnlen(const char* text, size_t size);
void qsort(void* base, size_t count, size_t size, int (*compare)(const void*, const void*));

#define offsetofend(type, member) (offsetof(type, member) + sizeof(((type*)0)->member))
#define sizeof_field(type, member) sizeof(((type*)0)->member)
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#define clamp_t(type, x, low, high) min_t(type, max_t(type, x, low), high)
#define ALIGN(x, to) (((x) + (to)-1) & ~((typeof(x))(to)-1))
#define IS_ALIGNED(x, to) (((x) & ((typeof(x))(to)-1)) == 0)
#define BIT_ULL(n) (1ull << (n))
#define likely(x) (x)
#define unlikely(x) (x)
#define fallthrough __attribute__((fallthrough))
#define swap(a, b)        \
  do {                    \
    typeof(a) kept = (a); \
    (a) = (b);            \
    (b) = kept;           \
  } while (0)
#define S32_MAX INT32_MAX
#define S64_MAX INT64_MAX
#define U16_MAX UINT16_MAX
#define U32_MAX UINT32_MAX
#define U64_MAX UINT64_MAX
#define USEC_PER_SEC 1000000l
#define NSEC_PER_SEC 1000000000l
#define NSEC_PER_USEC 1000l
#define READ_ONCE(x) (x)

/* errno-base.h, errno.h */
#define ENOENT 2
#define EINTR 4
#define EIO 5
#define E2BIG 7
#define EBADF 9
#define ENOMEM 12
#define EPERM 1
#define EEXIST 17
#define EINVAL 22
#define EOPNOTSUPP 95

static inline u64 div_u64(u64 a, u32 b) { return a / b; }

#endif
