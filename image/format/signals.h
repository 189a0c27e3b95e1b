/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Dispositions of signals, and queued ones. Part of image/format.h. */
#ifndef RESTARTBENCH_IMAGE_FORMAT_SIGNALS_H
#define RESTARTBENCH_IMAGE_FORMAT_SIGNALS_H

#include "image/format/header.h"

/* Dispositions of signals; a signal without an action has the default one. */
struct rbi_sighand {
	__u32 action_first; /* ascending by signal */
	__u32 action_count;
};

struct rbi_action {
	__u32 signal; /* 1..64, not SIGKILL, not SIGSTOP */
	__u32 reserved; /* 0 */
	__u64 handler; /* user address, or SIG_IGN */
	__u64 flags; /* SA_*, sigaction(2) */
	__u64 restorer; /* user address, with SA_RESTORER */
	__u64 mask; /* bit n-1 = signal n */
};

/* A queued signal: the kernel's siginfo_t, 128 bytes, sigqueueinfo(2). */
struct rbi_siginfo {
	__s32 signo;
	__s32 error;
	__s32 code; /* SI_*, CLD_* and so on; a task can queue any for itself */
	__s32 reserved; /* padding of siginfo_t: 0 */
	__u64 fields[14];
};

RBI_ASSERT_SIZE(rbi_sighand, 8);
RBI_ASSERT_SIZE(rbi_action, 40);
RBI_ASSERT_SIZE(rbi_siginfo, 128);

#endif
