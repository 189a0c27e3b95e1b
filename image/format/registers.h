/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The CPU state of a task. Part of image/format.h. */
#ifndef RESTARTBENCH_IMAGE_FORMAT_REGISTERS_H
#define RESTARTBENCH_IMAGE_FORMAT_REGISTERS_H

#include "image/format/header.h"

#define RBI_XFEATURES_LEGACY 3ull /* x87 and SSE: always present */
#define RBI_XSAVE_MIN 576 /* legacy area and XSAVE header */

/*
 * The user-visible CPU state. The XSAVE area is in the standard format, with
 * its header at byte 512: what ptrace(2) reads as NT_X86_XSTATE.
 */
struct rbi_registers {
	__u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	__u64 rax, rcx, rdx, rsi, rdi;
	__u64 rip, rflags, rsp;
	__u64 fs_base, gs_base;
	__u64 xfeatures; /* XCR0 bits in the area, RBI_XFEATURES_LEGACY included */
	__u64 xstate; /* offset into RBI_SEC_XSTATES, 64-byte aligned */
	__u32 xstate_size; /* bytes, RBI_XSAVE_MIN or more, multiple of 8 */
	__u32 reserved; /* 0 */
};

RBI_ASSERT_SIZE(rbi_registers, 184);

#endif
