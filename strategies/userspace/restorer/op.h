/* SPDX-License-Identifier: MIT */
/* One step of a task's program: what the compiler writes and the restorer does. */
#ifndef RESTARTBENCH_RESTORER_OP_H
#define RESTARTBENCH_RESTORER_OP_H

#include <linux/types.h>

/* Stages that the restorer can tell apart; order of enum class Stage. */
enum rst_stage {
	RST_STAGE_CREATE,
	RST_STAGE_ATTACH,
	RST_STAGE_OPEN_FILES,
	RST_STAGE_MEMORY,
	RST_STAGE_REGISTERS,
	RST_STAGE_COUNT,
};

enum rst_op_kind {
	RST_LEAD, /* the coordinator's first */
	/* creation */
	RST_CREATE, /* x: first slot, y: count, a: clone flags, b: exit signal */
	RST_CREATE_LEAF, /* the same; the tasks only arrive at the barrier and sleep */
	RST_SHED, /* what the coordinator was born with */
	RST_UNSHARE, /* a: flags */
	RST_EXEC, /* exec the restorer and go on with the next op */
	RST_SETSID,
	RST_SUBREAPER, /* a: 0 or 1 */
	RST_EXIT,
	RST_REAP, /* x: slot */
	RST_WAIT, /* x: event, a: count */
	RST_POST, /* x: event */
	RST_SETPGID, /* a: process group */
	RST_NAME, /* a: name */
	/* descriptors; x: the number that must result */
	RST_CLOSE_RANGE, /* a: first, b: last, c: flags */
	RST_OPEN, /* a: path, b: flags, c: offset */
	RST_DUP, /* x: to, a: from, b: FD_CLOEXEC?: lowest free number >= c */
	RST_DUP3, /* x: to, a: from, b: O_CLOEXEC or 0 */
	RST_SETFD, /* x: fd, b: FD_CLOEXEC or 0 */
	RST_PIPE, /* x: read end, y: write end, a: struct rbi_pipe, b: data, c: rd, wr flags */
	RST_SOCKET, /* x: fd, a: struct rbi_socket, b: flags, c: name or 0 */
	RST_SOCKETPAIR, /* x, y: ends, z: type */
	RST_SEND, /* x: fd, a: data, b: bytes */
	RST_SOCKET_STATE, /* x: fd, a: struct rbi_socket, b: status flags */
	RST_EVENT, /* x: fd, y: enum rbi_ofd_kind, a: struct rbi_event, b: flags */
	RST_EPOLL, /* x: fd, b: status flags */
	RST_EPOLL_ADD, /* x: epoll, y: number it was added by, a: fd, b: events, c: data */
	RST_INOTIFY, /* x: fd, b: flags */
	RST_WATCH, /* x: inotify, y: number that must result, a: path, b: mask */
	RST_FIFO, /* x: fd, a: path, b: flags, c: struct rbi_pipe or 0, d: data */
	RST_REOPEN, /* x: fd, y: fd of the same file, b: flags, c: offset */
	RST_FLOCK, /* x: fd, b: LOCK_* */
	RST_LOCK, /* x: fd, a: struct rbi_lock */
	RST_OWNER, /* x: fd, a: pid or -pgid, y: signal, b: status flags */
	RST_MEMFD, /* x: fd, a: size, b: number of runs, c: struct rbi_run[],
		      d: struct rbi_backing, e: its name */
	RST_PIDFD, /* x: fd that refers to the coordinator */
	RST_FETCH, /* x: fd, a: the coordinator's fd, b: FD_CLOEXEC or 0, c: pidfd */
	/* file system context */
	RST_CHDIR, /* a: path */
	RST_CHROOT, /* a: path */
	RST_UMASK, /* a: mask */
	/* memory */
	RST_MMAP, /* anonymous; y: prot, a: start, b: length, c: flags */
	RST_MMAP_PATH, /* and e: path, z: open flags, d: offset; x: how many of the same that
			  follow are mapped by the same descriptor */
	RST_MMAP_FETCH, /* and z: the coordinator's fd, d: offset */
	RST_FILL, /* a: address, b: bytes, c: source, x: 1 = by userfaultfd(2), which takes a fd */
	RST_MPROTECT, /* a: start, b: length, y: prot */
	RST_MUNMAP, /* a: start, b: length */
	RST_VDSO, /* a: address */
	RST_MADVISE, /* a: start, b: length, c: MADV_* */
	RST_MLOCK, /* a: start, b: length, c: flags of mlock2(2) */
	RST_MLOCKALL, /* a: flags */
	RST_NO_HUGE_PAGES, /* for all of the mm: PR_SET_THP_DISABLE */
	RST_SET_MM, /* y: auxv entries, a: struct rbi_mm, b: auxv, e: path of exe, or 0 */
	/* signals */
	RST_ACTIONS, /* a: struct rbi_action[], y: count */
	RST_QUEUE, /* a: struct rbi_siginfo[], y: count, x: 1 = to the thread group */
	RST_ITIMERS, /* a: struct rbi_itimer[3] */
	/* of a process */
	RST_ZOMBIE, /* a: struct rbi_zombie: a child that ends at once */
	RST_LIMITS, /* a: struct rbi_limit[], y: count */
	RST_TIMERS, /* a: struct rbi_timer[], y: count */
	RST_OOM_SCORE, /* a: oom_score_adj */
	RST_CREDENTIALS, /* a: struct rbi_credentials, b: its groups */
	RST_DUMPABLE, /* a: PR_SET_DUMPABLE */
	/* /dev/restart, restart_uapi.h */
	RST_DEVICE_LOAD, /* x: fd that results, y: restart_load.flags */
	RST_DEVICE_GIVE, /* x: enum restart_file_kind, y: first index, z: count; the fds follow,
			    RST_FDS_PER_OP in each op */
	RST_DEVICE_RUN, /* the coordinator: waits until all tasks stand at the barrier, then
			   performs the RST_OWNER that follow; x: how many */
	RST_DEVICE_SIGHAND, /* of the task itself, before it creates threads */
	/* the last op of a task */
	RST_DEVICE_ATTACH, /* everything else of the task, barrier, first user instruction */
	RST_FINISH, /* registers, barrier, first user instruction */
	RST_PARK, /* barrier, then sleep until killed */
	RST_SERVE, /* the coordinator: barrier, then commands */
	/* pseudo-terminals, and what else the interpreter leaves to do_seldom() */
	RST_PTY, /* a master. x: fd, a: struct rbi_pty, b: flags, c: path or 0 */
	RST_PTY_SLAVE, /* x: fd, y: master, b: flags, a: path, z: 1 = it is /dev/tty */
	RST_PTY_STATE, /* x: master, y: 1 = its slave was open, a: struct rbi_pty, b: data */
	RST_HANG_UP, /* x: master, y: a slave, which takes its place */
	RST_TERMINAL, /* of a session leader or member: x: enum rst_terminal, a: the coordinator's
			 fd of a slave, b: process group */
	RST_DEATH_SIGNAL, /* a: PR_SET_PDEATHSIG */
	RST_OP_KIND_COUNT,
};

/* What RST_TERMINAL does with the controlling terminal: ioctl_tty(2). */
enum rst_terminal {
	RST_TERMINAL_TAKE, /* TIOCSCTTY */
	RST_TERMINAL_FOREGROUND, /* TIOCSPGRP */
	RST_TERMINAL_GIVE_UP, /* TIOCNOTTY */
};

struct rst_op {
	__u16 kind; /* enum rst_op_kind */
	__u16 stage; /* enum rst_stage */
	__u32 x, y, z;
	__u64 a, b, c, d, e;
	__u64 reserved;
};

/* An op's place taken by descriptor numbers. */
#define RST_FDS_PER_OP (sizeof(struct rst_op) / sizeof(__s32))

#endif
