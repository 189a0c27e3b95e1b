/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * /dev/restart: the kernel's part of the `kernel` and `optimistic` strategies.
 *
 * One open file is one restart. The caller of RESTART_LOAD is its coordinator:
 * the parent of the root, and the owner of the restart until it ends.
 *
 *   kernel                            optimistic
 *   LOAD                              LOAD (RESTART_OPTIMISTIC)
 *   FILES, until all are given        FILES, until all are given
 *   RUN: makes all, waits for all     user space clones the root; every task clones
 *                                     its children sharing everything, then
 *                                     SIGHAND (leaders with threads, before those),
 *                                     ATTACH (does not return);
 *                                     RUN: waits for all
 *   RELEASE                           RELEASE
 *
 * After RUN every task stands at the barrier, inside the kernel, complete:
 * its user registers are the image's, and it can be inspected. RELEASE lets all
 * of them run. Whatever fails before RELEASE, and the death of the coordinator
 * or the last close of the file before it, kills every task of the restart.
 *
 * Numbers of tasks and objects are indices into the image's sections.
 */
#ifndef RESTARTBENCH_RESTART_UAPI_H
#define RESTARTBENCH_RESTART_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define RESTART_API_VERSION 1
#define RESTART_DEVICE "/dev/restart"

#define RESTART_OPTIMISTIC 1u

struct restart_load {
	__u32 size; /* sizeof(struct restart_load) */
	__u32 version; /* RESTART_API_VERSION */
	__u32 flags; /* RESTART_OPTIMISTIC */
	__s32 image_fd; /* the image file, image/format.h */
	__u32 inject; /* tests: the n-th step fails with -ENOMEM; 0 = none */
	__u32 reserved; /* 0 */
};

/* What an open file is for; index: into which section. */
enum restart_file_kind {
	RESTART_FILE_OFD, /* RBI_SEC_OFDS: the open file description itself */
	RESTART_FILE_BACKING, /* RBI_SEC_BACKINGS: what its VMAs map */
	RESTART_FILE_EXE, /* RBI_SEC_MMS with an exe */
	RESTART_FILE_CWD, /* RBI_SEC_FS: a directory, O_PATH will do */
	RESTART_FILE_ROOT, /* RBI_SEC_FS: a directory, O_PATH will do */
	RESTART_FILE_KIND_COUNT
};

/*
 * Hands over references to open files for consecutive indices; the caller may
 * close its fds afterwards. Each index at most once. RUN fails with ENOENT
 * while one is missing.
 */
struct restart_files {
	__u32 kind; /* enum restart_file_kind */
	__u32 first; /* index */
	__u32 count; /* at most RESTART_MAX_FILES */
	__u32 reserved; /* 0 */
	__u64 fds; /* address of __s32[count]; -1 leaves an index out */
};
#define RESTART_MAX_FILES 1024

/* Where a restart failed, so that the message can name it. */
enum restart_where {
	RESTART_AT_NOTHING,
	/* A record is wrong or, with EOPNOTSUPP, beyond this kernel; RBI_NONE: the header. */
	RESTART_AT_IMAGE,
	RESTART_AT_FILE, /* section = enum restart_file_kind, index */
	RESTART_AT_CREATE, /* cloning task `index`; EEXIST: its pid is taken */
	RESTART_AT_SIGHAND, /* attaching it to task `index` */
	RESTART_AT_FS,
	RESTART_AT_MM,
	RESTART_AT_FILES,
	RESTART_AT_SIGNALS, /* pending signals, timers, locked memory */
	RESTART_AT_SESSION, /* session or process group */
	RESTART_AT_REGISTERS,
	RESTART_AT_CLAIM, /* optimistic: the caller is not task `index` */
	RESTART_AT_BARRIER, /* a task, or the coordinator, died */
	RESTART_AT_PROCESS, /* zombies, limits, locks, credentials */
	RESTART_WHERE_COUNT
};

/* Stages whose time is reported; they map to enum class Stage of the harness. */
enum restart_stage {
	RESTART_STAGE_LOAD, /* reading and checking the image */
	RESTART_STAGE_CREATE,
	RESTART_STAGE_ATTACH, /* fs, sighand, sessions, empty objects, references */
	RESTART_STAGE_FILES,
	RESTART_STAGE_MEMORY,
	RESTART_STAGE_REGISTERS,
	RESTART_STAGE_BARRIER,
	RESTART_STAGE_COUNT
};

enum restart_class {
	RESTART_CLASS_MM,
	RESTART_CLASS_FILES,
	RESTART_CLASS_FS,
	RESTART_CLASS_SIGHAND,
	RESTART_CLASS_COUNT
};

enum restart_state {
	RESTART_EMPTY, /* nothing loaded */
	RESTART_LOADED,
	RESTART_RUNNING,
	RESTART_READY, /* all tasks at the barrier */
	RESTART_RELEASED,
	RESTART_FAILED,
};

/* Filled in by RUN and STATUS, also after a failure. */
struct restart_status {
	__u32 size; /* in: sizeof(struct restart_status) */
	__u32 state; /* enum restart_state */
	__s32 error; /* first failure: errno, 0 = none */
	__u32 where; /* enum restart_where */
	__u32 section; /* enum rbi_section, or enum restart_file_kind */
	__u32 index; /* RBI_NONE = no particular one */
	__u32 tasks; /* of the image */
	__u32 arrived; /* at the barrier */
	__u32 steps; /* taken so far: the range of restart_load.inject */
	__s32 root_pid; /* in the coordinator's pid namespace */
	__u32 live; /* tasks inside the module, of every restart */
	__u32 field; /* RESTART_AT_IMAGE: the wrong field's offset in its record, or RBI_NONE */
	__u64 made[RESTART_CLASS_COUNT]; /* objects made for the pool */
	__u64 attached[RESTART_CLASS_COUNT]; /* times a task's pointer was changed */
	__u64 inherited[RESTART_CLASS_COUNT]; /* shared with the creator by clone: a count only */
	__u64 stage_ns[RESTART_STAGE_COUNT]; /* work, summed over all tasks */
	__u64 ready_ns; /* CLOCK_MONOTONIC when the last task arrived, 0 = not yet */
};

#define RESTART_LOAD _IOW('R', 1, struct restart_load)
#define RESTART_GIVE_FILES _IOW('R', 2, struct restart_files)
#define RESTART_RUN _IOWR('R', 3, struct restart_status)
#define RESTART_ATTACH_SIGHAND _IO('R', 4) /* arg: task */
#define RESTART_ATTACH _IO('R', 5) /* arg: task; returns only on failure, with SIGKILL pending */
#define RESTART_RELEASE _IO('R', 6)
#define RESTART_ABORT _IO('R', 7)
#define RESTART_STATUS _IOWR('R', 8, struct restart_status)

#endif
