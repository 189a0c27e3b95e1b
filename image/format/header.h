/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Numbers that hold everywhere, the header and the sections. Part of image/format.h. */
#ifndef RESTARTBENCH_IMAGE_FORMAT_HEADER_H
#define RESTARTBENCH_IMAGE_FORMAT_HEADER_H

#include <linux/types.h>

#include "image/format/size.h"

#define RBI_MAGIC "RSTBENCH" /* 8 bytes, no terminator */
#define RBI_VERSION 4
#define RBI_ARCH_X86_64 62 /* EM_X86_64, elf(5) */
#define RBI_NONE 0xffffffffu
#define RBI_PAGE_SIZE 4096
#define RBI_SECTION_ALIGN 64
#define RBI_NAME_LEN 16 /* TASK_COMM_LEN, include/linux/sched.h */
#define RBI_NR_SIGNALS 64

enum rbi_section {
	RBI_SEC_TASKS, /* struct rbi_task */
	RBI_SEC_GROUPS, /* struct rbi_group: signal_struct, one per thread group */
	RBI_SEC_MMS, /* struct rbi_mm */
	RBI_SEC_VMAS, /* struct rbi_vma */
	RBI_SEC_RUNS, /* struct rbi_run */
	RBI_SEC_BACKINGS, /* struct rbi_backing */
	RBI_SEC_AUXV, /* struct rbi_auxv */
	RBI_SEC_FILES, /* struct rbi_files: files_struct */
	RBI_SEC_FDS, /* struct rbi_fd */
	RBI_SEC_OFDS, /* struct rbi_ofd: open file description */
	RBI_SEC_PIPES, /* struct rbi_pipe */
	RBI_SEC_FS, /* struct rbi_fs: fs_struct */
	RBI_SEC_SIGHANDS, /* struct rbi_sighand: sighand_struct */
	RBI_SEC_ACTIONS, /* struct rbi_action */
	RBI_SEC_PENDING, /* struct rbi_siginfo */
	RBI_SEC_REGISTERS, /* struct rbi_registers */
	RBI_SEC_CREDENTIALS, /* struct rbi_credentials: cred */
	RBI_SEC_GIDS, /* struct rbi_gid: supplementary groups */
	RBI_SEC_LIMITS, /* struct rbi_limit */
	RBI_SEC_TIMERS, /* struct rbi_timer: POSIX timers */
	RBI_SEC_LOCKS, /* struct rbi_lock: locks of ranges of files */
	RBI_SEC_ZOMBIES, /* struct rbi_zombie */
	RBI_SEC_PTYS, /* struct rbi_pty: pseudo-terminals */
	RBI_SEC_FIXTURES, /* struct rbi_fixture */
	RBI_SEC_XSTATES, /* bytes: XSAVE areas, each 64-byte aligned */
	/* From here on only what opens files reads it: not the kernel module. */
	RBI_SEC_SOCKETS, /* struct rbi_socket */
	RBI_SEC_MESSAGES, /* struct rbi_message: unread in sockets */
	RBI_SEC_EVENTS, /* struct rbi_event: eventfd, timerfd, signalfd */
	RBI_SEC_EPOLL_ITEMS, /* struct rbi_epoll_item */
	RBI_SEC_WATCHES, /* struct rbi_watch: inotify */
	RBI_SEC_BYTES, /* bytes: contents of pipes, pseudo-terminals and messages */
	RBI_SEC_STRINGS, /* bytes: NUL-terminated; a reference is an offset */
	RBI_SEC_COUNT
};

struct rbi_section_ref {
	__u64 offset; /* from the start of the file, RBI_SECTION_ALIGN-aligned */
	__u64 count; /* records; bytes for the three byte sections */
	__u32 record_size; /* sizeof the record, 1 for the byte sections */
	__u32 kind; /* enum rbi_section, equal to the position in the table */
};

struct rbi_header {
	char magic[8]; /* RBI_MAGIC */
	__u32 version; /* RBI_VERSION */
	__u32 arch; /* RBI_ARCH_X86_64 */
	__u32 header_size; /* sizeof(struct rbi_header) */
	__u32 section_count; /* RBI_SEC_COUNT */
	__u64 file_size; /* bytes */
	__u64 metadata_size; /* bytes from 0 to the end of the last section */
	__u64 checksum; /* XXH64, seed 0, of [0, metadata_size) with this field 0 */
	__u64 pages_offset; /* page-aligned, >= metadata_size */
	__u64 pages_size; /* multiple of RBI_PAGE_SIZE; ends at file_size */
	__u64 pages_checksum; /* XXH64, seed 0, of the pages */
	struct rbi_section_ref sections[RBI_SEC_COUNT];
};

RBI_ASSERT_SIZE(rbi_section_ref, 24);
RBI_ASSERT_SIZE(rbi_header, 72 + 24 * RBI_SEC_COUNT);

#endif
