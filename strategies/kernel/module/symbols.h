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
#include <linux/khugepaged.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/perf_event.h>
#include <linux/pid.h>
#include <linux/posix-timers.h>
#include <linux/rmap.h>
#include <linux/sched.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/signal.h>
#include <linux/static_call.h>
#include <linux/swap.h>
#include <linux/syscalls.h>
#include <linux/version.h>
#include <asm/mmu_context.h>
#include <asm/proto.h>

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
	X(security_mmap_addr)                                                                      \
	X(security_mmap_file)                                                                      \
	X(security_vm_enough_memory_mm)                                                            \
	X(may_expand_vm)                                                                           \
	X(vm_stat_account)                                                                         \
	X(vm_area_alloc)                                                                           \
	X(vm_area_free)                                                                            \
	X(perf_event_mmap)                                                                         \
	X(__pud_alloc)                                                                             \
	X(__pmd_alloc)                                                                             \
	X(__pte_alloc)                                                                             \
	X(__anon_vma_prepare)                                                                      \
	X(folio_add_lru_vma)                                                                       \
	X(ksys_setsid)                                                                             \
	X(change_pid)                                                                              \
	X(alloc_pid)                                                                               \
	X(free_pid)                                                                                \
	X(do_send_sig_info)                                                                        \
	X(flush_sigqueue)                                                                          \
	X(do_group_exit)                                                                           \
	X(set_dumpable)                                                                            \
	X(alloc_uid)                                                                               \
	X(set_cred_ucounts)                                                                        \
	X(update_rlimit_cpu)                                                                       \
	X(set_process_cpu_timer)                                                                   \
	X(__set_task_comm)                                                                         \
	X(do_arch_prctl_64)

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

#ifdef CONFIG_MEMCG
#define RESTART_FUNCTIONS_MEMCG(X) X(__mem_cgroup_charge) X(mm_update_next_owner)
#else
#define RESTART_FUNCTIONS_MEMCG(X)
#endif
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
#define RESTART_FUNCTIONS_HUGE(X) X(khugepaged_enter_vma)
#else
#define RESTART_FUNCTIONS_HUGE(X)
#endif
#ifndef __PAGETABLE_P4D_FOLDED
#define RESTART_FUNCTIONS_P4D(X) X(__p4d_alloc)
#else
#define RESTART_FUNCTIONS_P4D(X)
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define RESTART_FUNCTIONS_RMAP(X) X(page_add_new_anon_rmap)
#else
#define RESTART_FUNCTIONS_RMAP(X) X(folio_add_new_anon_rmap)
#endif

#define RESTART_ALL_FUNCTIONS(X)                                                                   \
	RESTART_FUNCTIONS(X)                                                                       \
	RESTART_FUNCTIONS_RSS(X)                                                                   \
	RESTART_FUNCTIONS_LRU(X)                                                                   \
	RESTART_FUNCTIONS_CID(X)                                                                   \
	RESTART_FUNCTIONS_MEMCG(X)                                                                 \
	RESTART_FUNCTIONS_HUGE(X)                                                                  \
	RESTART_FUNCTIONS_P4D(X)                                                                   \
	RESTART_FUNCTIONS_RMAP(X)

#define X(function) DECLARE_STATIC_CALL(restart_##function, function);
RESTART_ALL_FUNCTIONS(X)
#undef X

/* HIDDEN(dup_fd)(...) calls the kernel's dup_fd(). */
#define HIDDEN(function) static_call(restart_##function)

extern struct kmem_cache *restart_sighand_cache;
extern rwlock_t *restart_tasklist_lock;
extern int *restart_max_map_count;
extern int *restart_overcommit;
extern unsigned long *restart_huge_flags; /* NULL: there are none */

/* Finds them all; logs the names that this kernel does not have. */
int restart_find_symbols(void);

#endif
