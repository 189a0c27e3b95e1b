/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RESTART_REGISTERS_H
#define RESTART_REGISTERS_H

#include <asm/processor-flags.h>

/* Flags that rt_sigreturn(2) takes from its frame. */
#define RESTART_SIGRETURN_FLAGS                                                          \
	(X86_EFLAGS_AC | X86_EFLAGS_OF | X86_EFLAGS_DF | X86_EFLAGS_TF | X86_EFLAGS_SF | \
	 X86_EFLAGS_ZF | X86_EFLAGS_AF | X86_EFLAGS_PF | X86_EFLAGS_CF | X86_EFLAGS_RF)
/* An image's flags: those, and two that always read as set. */
#define RESTART_RFLAGS (RESTART_SIGRETURN_FLAGS | X86_EFLAGS_FIXED | X86_EFLAGS_IF)

#endif
