/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of the kernel as the module's checks of an image use, for user space: every
 * <linux/...> and <asm/...> that they include is this file.
 */
#ifndef RESTARTBENCH_FUZZ_KERNEL_SHIM_H
#define RESTARTBENCH_FUZZ_KERNEL_SHIM_H

#include <cpuid.h>

#include "tests/fuzz/kernel/abi.h"
#include "tests/fuzz/kernel/basics.h"
#include "tests/fuzz/kernel/memory.h"

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
