/* SPDX-License-Identifier: MIT */
/*
 * A packet: all that one task needs for itself, on its own stack.
 *
 * A new process takes a page fault, and perhaps new page tables, for each page
 * that it touches. Its records lie scattered over the sections of the image;
 * the caller gathers them beforehand where the task writes anyway:
 *
 *   bottom of the stack: XSAVE area | struct rst_packet | ops | … stack
 */
#ifndef RESTARTBENCH_RESTORER_PACKET_H
#define RESTARTBENCH_RESTORER_PACKET_H

#include <linux/types.h>

#include "image/format.h"
#include "strategies/userspace/restorer/op.h"

/* stack_t */
struct rst_altstack {
	__u64 sp;
	__u32 flags;
	__u32 padding;
	__u64 size;
};

/* struct sigcontext_64, arch/x86/include/uapi/asm/sigcontext.h */
struct rst_sigcontext {
	__u64 r8, r9, r10, r11, r12, r13, r14, r15, di, si, bp, bx, dx, ax, cx, sp, ip, flags;
	__u16 cs, gs, fs, ss;
	__u64 err, trapno, oldmask, cr2, fpstate, reserved[8];
};

/* struct rt_sigframe, arch/x86/include/asm/sigframe.h, without its siginfo */
struct rst_signal_frame {
	__u64 return_address;
	__u64 uc_flags; /* rt_sigreturn(2) is called with the stack pointer here */
	__u64 uc_link;
	struct rst_altstack stack;
	struct rst_sigcontext context;
	__u64 mask;
};

/* struct _fpx_sw_bytes, at byte RST_SOFTWARE_BYTES of the XSAVE area */
struct rst_software_bytes {
	__u32 magic1;
	__u32 extended_size;
	__u64 xfeatures;
	__u32 xstate_size;
	__u32 padding[7];
};
#define RST_SOFTWARE_BYTES 464
#define RST_MAGIC1 0x46505853u /* FP_XSTATE_MAGIC1 */
#define RST_MAGIC2 0x46505845u /* FP_XSTATE_MAGIC2, 4 bytes behind the area */

enum rst_packet_flags {
	RST_PACKET_NAME = 1u, /* name differs from the creator's: set it */
	RST_PACKET_SET_TLS = 2u, /* fs_base and clear_child_tid did not come with clone */
};

struct rst_packet {
	__u64 ops; /* address of the task's first op */
	__u32 flags; /* enum rst_packet_flags */
	__u32 alive; /* the task has run: set by itself */
	__u64 cycles[RST_STAGE_COUNT]; /* TSC cycles of work per stage */
	/* contents that a task restores itself, as it would touch them next anyway */
	__u64 fill_to, fill_size, fill_from; /* size 0 = none */
	__u64 fs_base, gs_base;
	__u64 clear_child_tid;
	__u64 robust_list; /* address of struct robust_list_head */
	__u64 rseq;
	__u32 robust_list_len; /* 0 = none */
	__u32 rseq_len, rseq_sig;
	__u32 reserved;
	char name[RBI_NAME_LEN];
	struct rst_signal_frame frame;
};

#endif
