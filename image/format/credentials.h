/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Credentials of a task. Part of image/format.h. */
#ifndef RESTARTBENCH_IMAGE_FORMAT_CREDENTIALS_H
#define RESTARTBENCH_IMAGE_FORMAT_CREDENTIALS_H

#include "image/format/header.h"

#define RBI_CREDENTIALS_NO_NEW_PRIVS 1u

/*
 * Of a task: credentials(7), capabilities(7), personality(2); and what is lost when they
 * change: the signal on its parent's death.
 */
struct rbi_credentials {
	__u32 uid, euid, suid, fsuid;
	__u32 gid, egid, sgid, fsgid;
	__u32 gid_first; /* supplementary groups, ascending */
	__u32 gid_count;
	__u32 securebits; /* prctl(PR_SET_SECUREBITS) */
	__u32 flags; /* RBI_CREDENTIALS_* */
	__u32 personality;
	__u32 death_signal; /* prctl(PR_SET_PDEATHSIG); 0 = none */
	__u64 inheritable, permitted, effective, bounding, ambient; /* bit n = capability n */
};

struct rbi_gid {
	__u32 gid;
};

RBI_ASSERT_SIZE(rbi_credentials, 96);
RBI_ASSERT_SIZE(rbi_gid, 4);

#endif
