/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers and structures of the kernel's interface to user space on x86-64. */
#ifndef RESTARTBENCH_FUZZ_KERNEL_ABI_H
#define RESTARTBENCH_FUZZ_KERNEL_ABI_H

#include "tests/fuzz/kernel/basics.h"

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
#define F_RDLCK 0
#define F_WRLCK 1
#define FASYNC 020000u
#define O_DIRECT 040000u
#define O_LARGEFILE 0100000u
#define O_DIRECTORY 0200000u
#define O_NOFOLLOW 0400000u
#define O_NOATIME 01000000u
#define O_CLOEXEC 02000000u
#define __O_SYNC 04000000u
#define O_SYNC (__O_SYNC | O_DSYNC)

/* time.h, asm-generic/siginfo.h */
#define CLOCK_THREAD_CPUTIME_ID 3
#define CLOCK_BOOTTIME 7
#define CLOCK_BOOTTIME_ALARM 9
#define CLOCK_TAI 11
#define SIGEV_SIGNAL 0
#define SIGEV_NONE 1
#define SIGEV_THREAD_ID 4

/* capability.h, resource.h */
#define CAP_LAST_CAP 40
#define RLIM_NLIMITS 16

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

#endif
