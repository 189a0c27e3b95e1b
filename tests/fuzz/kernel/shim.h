/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of the kernel as the module's checks of an image use, for user space: every
 * <linux/...> and <asm/...> that they include is this file. What the kernel promises and
 * AddressSanitizer cannot know is aborted on.
 */
#ifndef RESTARTBENCH_FUZZ_KERNEL_SHIM_H
#define RESTARTBENCH_FUZZ_KERNEL_SHIM_H

#include <cpuid.h>
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

/* linux/signal.h, include/uapi/asm-generic/signal.h, arch/x86 */
#define sigmask(signal) (1ull << ((signal)-1))
#define SIGKILL 9
#define SIGUSR1 10
#define SIGCHLD 17
#define SIGCONT 18
#define SIGSTOP 19
#define SIGTSTP 20
#define SIGTTIN 21
#define SIGTTOU 22
#define SIGRTMIN 32
#define SA_NOCLDSTOP 1u
#define SA_NOCLDWAIT 2u
#define SA_SIGINFO 4u
#define SA_EXPOSE_TAGBITS 0x800u
#define SA_RESTORER 0x04000000u
#define SA_ONSTACK 0x08000000u
#define SA_RESTART 0x10000000u
#define SA_NODEFER 0x40000000u
#define SA_RESETHAND 0x80000000u
#define SS_DISABLE 2u
#define SS_AUTODISARM (1u << 31)
#define MINSIGSTKSZ 2048
struct kernel_siginfo {
  u64 words[6]; /* the fields that the kernel keeps */
};

/* fcntl.h */
#define O_RDONLY 00u
#define O_WRONLY 01u
#define O_RDWR 02u
#define O_ACCMODE 03u
#define O_APPEND 02000u
#define O_NONBLOCK 04000u
#define O_DSYNC 010000u
#define O_DIRECT 040000u
#define O_LARGEFILE 0100000u
#define O_DIRECTORY 0200000u
#define O_NOFOLLOW 0400000u
#define O_NOATIME 01000000u
#define O_CLOEXEC 02000000u
#define __O_SYNC 04000000u
#define O_SYNC (__O_SYNC | O_DSYNC)

/* mman.h, auxvec.h, mm_types.h */
#define PROT_READ 1u
#define PROT_WRITE 2u
#define PROT_EXEC 4u
#define AT_NULL 0
#define AT_VECTOR_SIZE 44

/* version.h, rseq.h */
#define KERNEL_VERSION(a, b, c) ((a) << 16 | (b) << 8 | (c))
#define LINUX_VERSION_CODE KERNEL_VERSION(6, 1, 0)
struct rseq {
  u64 words[4];
};

/* processor-flags.h */
#define X86_EFLAGS_CF 0x1ul
#define X86_EFLAGS_FIXED 0x2ul
#define X86_EFLAGS_PF 0x4ul
#define X86_EFLAGS_AF 0x10ul
#define X86_EFLAGS_ZF 0x40ul
#define X86_EFLAGS_SF 0x80ul
#define X86_EFLAGS_TF 0x100ul
#define X86_EFLAGS_IF 0x200ul
#define X86_EFLAGS_DF 0x400ul
#define X86_EFLAGS_OF 0x800ul
#define X86_EFLAGS_RF 0x10000ul
#define X86_EFLAGS_AC 0x40000ul

/* asm/fpu/types.h */
struct xstate_header {
  u64 xfeatures;
  u64 xcomp_bv;
  u64 reserved[6];
};
struct fxregs_state {
  u8 before[24];
  u32 mxcsr;
  u32 mxcsr_mask;
  u8 after[480];
};
struct xregs_state {
  struct fxregs_state i387;
  struct xstate_header header;
};
#define X86_FEATURE_XSAVE 0
#define cpu_feature_enabled(feature) true
#define cpuid_count(leaf, sub, a, b, c, d) __cpuid_count(leaf, sub, *(a), *(b), *(c), *(d))

struct shim_fpstate {
  u64 user_xfeatures;
};
struct shim_task {
  struct {
    struct {
      struct shim_fpstate* fpstate;
    } fpu;
  } thread;
};
extern struct shim_task* current;
#define fatal_signal_pending(task) ((void)(task), false)
#define cond_resched() ((void)0)

/* linux/fs.h, linux/file.h: a file that may become shorter while it is read */
#define MAX_RW_COUNT 0x7ffff000
#define FMODE_READ 1u
#define S_ISREG(mode) ((mode) == 0)
struct inode {
  u64 size;
  u32 i_mode;
};
struct file_operations {
  void* read_iter;
};
struct file {
  struct inode inode;
  u32 f_mode;
  const struct file_operations* f_op;
  const u8* bytes;
  u64 left; /* bytes that can be read */
};
#define file_inode(file) (&(file)->inode)
#define i_size_read(inode) ((inode)->size)
struct file* fget(unsigned int fd);
void fput(struct file* file);
ssize_t kernel_read(struct file* file, void* buffer, size_t size, loff_t* position);

#endif
