/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Tables of descriptors, open file descriptions, pipes, locks, and fs_structs. Part of image/format.h. */
#ifndef RESTARTBENCH_IMAGE_FORMAT_FILES_H
#define RESTARTBENCH_IMAGE_FORMAT_FILES_H

#include "image/format/header.h"

struct rbi_files {
	__u32 fd_first; /* ascending by number */
	__u32 fd_count;
};

#define RBI_FD_CLOEXEC 1u

struct rbi_fd {
	__u32 fd; /* number, below 2^20 (the default of fs.nr_open) */
	__u32 ofd;
	__u32 flags; /* RBI_FD_* */
	__u32 reserved; /* 0 */
};

enum rbi_ofd_kind {
	RBI_OFD_FILE, /* regular file */
	RBI_OFD_DIRECTORY,
	RBI_OFD_DEVICE, /* character device, such as /dev/null */
	RBI_OFD_PIPE_READ,
	RBI_OFD_PIPE_WRITE,
	RBI_OFD_SOCKET,
	RBI_OFD_FIFO, /* a FIFO with a path, fifo(7) */
	RBI_OFD_MEMFD,
	RBI_OFD_DELETED, /* a regular file without a name any more */
	RBI_OFD_EVENTFD,
	RBI_OFD_TIMERFD,
	RBI_OFD_SIGNALFD,
	RBI_OFD_EPOLL,
	RBI_OFD_INOTIFY,
	RBI_OFD_PTY_MASTER, /* by the path of a multiplexer, pts(4) */
	RBI_OFD_PTY_SLAVE, /* /dev/pts/NUMBER, or /dev/tty for the same */
	RBI_OFD_KIND_COUNT
};

enum rbi_flock { RBI_FLOCK_NONE, RBI_FLOCK_SHARED, RBI_FLOCK_EXCLUSIVE, RBI_FLOCK_COUNT };

/* An open file description: fds that share one share offset and status flags. */
struct rbi_ofd {
	__u32 kind; /* enum rbi_ofd_kind */
	__u32 path; /* string: absolute path; RBI_NONE where it has none */
	__u32 flags; /* O_ACCMODE and status flags of open(2), never creating ones */
	__u32 object; /* pipe, socket, backing, event or pty, as the kind says, else RBI_NONE */
	__u64 offset; /* file offset, bytes; 0 where there is none */
	__s32 owner; /* F_SETOWN: pid, or -pgid; 0 = none */
	__u32 signal; /* F_SETSIG; 0 = SIGIO */
	__u32 flock; /* enum rbi_flock: flock(2), held by the description */
	__u32 reserved; /* 0 */
};

struct rbi_pipe {
	__u32 capacity; /* bytes, F_SETPIPE_SZ: a power of two of pages */
	__u32 data_size; /* bytes unread in it, <= capacity */
	__u64 data; /* offset into RBI_SEC_BYTES */
};

/* A lock of a range: fcntl(2). Ascending by files, RBI_NONE last. */
struct rbi_lock {
	__u32 files; /* owner of an F_SETLK lock; RBI_NONE: the description, F_OFD_SETLK */
	__u32 ofd; /* a FILE; with files, one that this table has an fd for */
	__u32 type; /* F_RDLCK 0, F_WRLCK 1 */
	__u32 pid; /* F_SETLK: of a process with that table, which F_GETLK reports; else 0 */
	__u64 start; /* bytes */
	__u64 length; /* bytes; 0 = to the end */
};

struct rbi_fs {
	__u32 cwd; /* string, absolute, as seen from the real root */
	__u32 root; /* string, absolute */
	__u32 umask; /* 0..0777 */
	__u32 reserved; /* 0 */
};

RBI_ASSERT_SIZE(rbi_files, 8);
RBI_ASSERT_SIZE(rbi_fd, 16);
RBI_ASSERT_SIZE(rbi_ofd, 40);
RBI_ASSERT_SIZE(rbi_pipe, 16);
RBI_ASSERT_SIZE(rbi_lock, 32);
RBI_ASSERT_SIZE(rbi_fs, 16);

#endif
