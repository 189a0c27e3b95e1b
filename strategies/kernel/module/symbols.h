/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel functions and data that are not exported to modules.
 *
 * They are found by name when the module loads, which fails if one is missing.
 * Functions are called through static calls typed by the kernel's own headers,
 * so a changed signature does not compile, and the calls are direct: with
 * X86_KERNEL_IBT the ENDBR of a function whose address is never taken is
 * sealed, and an indirect call to it would be fatal.
 */
#ifndef RESTART_SYMBOLS_H
#define RESTART_SYMBOLS_H

#include <linux/fdtable.h>
#include <linux/fs_struct.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/posix-timers.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/signal.h>
#include <linux/static_call.h>
#include <linux/syscalls.h>
#include <linux/version.h>
#include <asm/mmu_context.h>
#include <asm/proto.h>

/* A system call, by the entry point that takes the user's registers. */
long __x64_sys_mprotect(const struct pt_regs *regs);

unsigned long kallsyms_lookup_name(const char *name);

#define RESTART_FUNCTIONS(X)                                                                       \
	X(kernel_clone)                                                                            \
	X(dup_fd)                                                                                  \
	X(put_files_struct)                                                                        \
	X(replace_fd)                                                                              \
	X(copy_fs_struct)                                                                          \
	X(free_fs_struct)                                                                          \
	X(set_fs_root)                                                                             \
	X(set_fs_pwd)                                                                              \
	X(__cleanup_sighand)                                                                       \
	X(mm_alloc)                                                                                \
	X(switch_mm)                                                                               \
	X(exec_mm_release)                                                                         \
	X(membarrier_update_current_mm)                                                            \
	X(set_mm_exe_file)                                                                         \
	X(get_mm_exe_file)                                                                         \
	X(do_madvise)                                                                              \
	X(ksys_setsid)                                                                             \
	X(change_pid)                                                                              \
	X(alloc_pid)                                                                               \
	X(free_pid)                                                                                \
	X(do_send_sig_info)                                                                        \
	X(set_process_cpu_timer)                                                                   \
	X(__set_task_comm)                                                                         \
	X(do_arch_prctl_64)                                                                        \
	X(__x64_sys_mprotect)

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0) && defined(SPLIT_RSS_COUNTING)
#define RESTART_SYNC_RSS /* later kernels count in per-CPU counters */
#define RESTART_FUNCTIONS_RSS(X) X(sync_mm_rss)
#else
#define RESTART_FUNCTIONS_RSS(X)
#endif

#ifdef CONFIG_LRU_GEN
#define RESTART_FUNCTIONS_LRU(X) X(lru_gen_add_mm)
#else
#define RESTART_FUNCTIONS_LRU(X)
#endif

#ifdef CONFIG_SCHED_MM_CID /* since 6.3 */
#define RESTART_FUNCTIONS_CID(X) X(sched_mm_cid_before_execve) X(sched_mm_cid_after_execve)
#else
#define RESTART_FUNCTIONS_CID(X)
#endif

#define RESTART_ALL_FUNCTIONS(X)                                                                   \
	RESTART_FUNCTIONS(X)                                                                       \
	RESTART_FUNCTIONS_RSS(X)                                                                   \
	RESTART_FUNCTIONS_LRU(X)                                                                   \
	RESTART_FUNCTIONS_CID(X)

#define X(function) DECLARE_STATIC_CALL(restart_##function, function);
RESTART_ALL_FUNCTIONS(X)
#undef X

/* HIDDEN(dup_fd)(...) calls the kernel's dup_fd(). */
#define HIDDEN(function) static_call(restart_##function)

extern struct kmem_cache *restart_sighand_cache;
extern rwlock_t *restart_tasklist_lock;

/* Finds them all; logs the names that this kernel does not have. */
int restart_find_symbols(void);

#endif
