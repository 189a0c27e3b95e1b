/* SPDX-License-Identifier: MIT */
/* Ops on pseudo-terminals and controlling terminals; and what else is seldom. */
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <linux/fcntl.h>
#include <linux/ioctl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/time_types.h>

#include "strategies/userspace/restorer/restorer.h"

#define OPEN_FLAGS (O_RDWR | O_NOCTTY | O_CLOEXEC)
#define EAGAIN 11
#define EBADF 9
#define EEXIST 17
#define ENOSYS 38
#define MAX_TRIES 1000 /* each with a millisecond of sleep */
#define STOP_CHARACTER 0x13

struct window {
	__u16 rows, columns, width, height;
};

static long control(long fd, long request, const void *argument)
{
	return sys3(SYS_ioctl, fd, request, argument);
}

/*
 * devpts hands out the lowest number that is free: masters are opened until it is
 * the wanted one. Each is on the next free descriptor; the right one moves down.
 */
static long do_pty(const struct rst_op *op)
{
	const struct rbi_pty *pty = (const struct rbi_pty *)op->a;
	const char multiplexer[] = "/dev/ptmx";
	const __u64 path = op->c ? op->c : (__u64)multiplexer; /* that of one that is closed */
	const int unlocked = 0;
	__u32 last = op->x;
	__u32 number = 0;
	long ret;

	for (;; last++) {
		ret = sys4(SYS_openat, AT_FDCWD, path, op->b | O_NOCTTY | O_CLOEXEC, 0);
		if (!is_error(ret) && (__u32)ret != last)
			ret = -EBADF;
		if (!is_error(ret))
			ret = control(last, TIOCGPTN, &number);
		if (is_error(ret) || number >= pty->number)
			break;
	}
	if (!is_error(ret) && number != pty->number)
		ret = -EEXIST;
	if (!is_error(ret))
		ret = control(last, TIOCSPTLCK, &unlocked);
	if (is_error(ret))
		return ret;
	if (last != op->x) {
		ret = sys3(SYS_dup3, last, op->x, O_CLOEXEC);
		sys3(SYS_close_range, op->x + 1, last, 0);
	}
	return is_error(ret) ? ret : 0;
}

/*
 * /dev/tty can be opened only by whose controlling terminal it is: a child that takes
 * it for a moment, on our table. Like vfork(2): it borrows the stack, so that no
 * function may return in it whose return address the parent needs.
 */
static long open_by_session(const struct rst_op *op)
{
	struct clone_args args = { .flags = CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_VFORK };
	long pid = sys6(SYS_clone3, (ulong_t)&args, sizeof(args), 0, 0, 0, 0);
	long fd;

	if (!pid) {
		sys0(SYS_setsid);
		sys3(SYS_ioctl, op->x, TIOCSCTTY, 0);
		fd = sys4(SYS_openat, AT_FDCWD, op->a, op->b | O_CLOEXEC, 0);
		if (!is_error(fd)) {
			sys3(SYS_dup3, fd, op->x, O_CLOEXEC);
			sys1(SYS_close, fd);
		}
		sys1(SYS_exit, is_error(fd) ? -fd : 0);
	}
	if (!is_error(pid)) {
		int status = 0;

		pid = sys4(SYS_wait4, pid, &status, WALL, 0);
		if (!is_error(pid) && status)
			return status & 0x7f ? -EAGAIN : -(status >> 8 & 0xff);
	}
	return is_error(pid) ? pid : 0;
}

static long do_pty_slave(const struct rst_op *op)
{
	long fd;

	if (op->z)
		fd = sys3(SYS_ioctl, op->y, TIOCGPTPEER, OPEN_FLAGS);
	else
		fd = sys4(SYS_openat, AT_FDCWD, op->a, op->b | O_NOCTTY | O_CLOEXEC, 0);
	if (is_error(fd))
		return fd;
	if ((__u32)fd != op->x)
		return -EBADF;
	return op->z ? open_by_session(op) : 0;
}

/* Settings by which input and output pass unchanged. */
static void stage(struct termios2 *staging, int lines)
{
	const __u8 end = staging->c_cc[VEOL];
	const __u8 end2 = staging->c_cc[VEOL2];
	__u32 i;

	staging->c_iflag = 0;
	staging->c_oflag &= ~(tcflag_t)OPOST;
	staging->c_lflag = lines ? ICANON | IEXTEN : 0;
	for (i = 0; i < sizeof(staging->c_cc); i++)
		staging->c_cc[i] = 0;
	staging->c_cc[VMIN] = 1;
	if (!lines)
		return;
	staging->c_cc[VEOF] = RBI_PTY_EOF;
	staging->c_cc[VLNEXT] = RBI_PTY_QUOTE;
	staging->c_cc[VEOL] = end;
	staging->c_cc[VEOL2] = end2;
}

/* Straight into the line discipline, so that all is there when this returns. */
static long type_in(long slave, __u64 data, __u32 size)
{
	long ret = 0;

	for (; size && !is_error(ret); size--, data++)
		ret = control(slave, TIOCSTI, (const void *)data);
	return ret;
}

/* What the master does not read yet: the kernel moves it on in the background. */
static long print(long slave, __u64 data, __u32 size)
{
	const struct __kernel_timespec a_moment = { .tv_nsec = 1000000 };
	__u32 tries = 0;

	while (size) {
		long ret = sys3(SYS_write, slave, data, size);

		if (ret == -EAGAIN && ++tries < MAX_TRIES) {
			sys2(SYS_nanosleep, &a_moment, 0);
			continue;
		}
		if (is_error(ret))
			return ret;
		data += (__u64)ret;
		size -= (__u32)ret;
	}
	return 0;
}

/* Ctrl-S, or what tcflow(3) does where that is not meant. */
static long stop_output(long slave, const struct termios2 *settings)
{
	struct termios2 staging = *settings;
	const char stop = STOP_CHARACTER;
	long ret;

	if (!(settings->c_iflag & IXON))
		return sys3(SYS_ioctl, slave, TCXONC, TCOOFF);
	stage(&staging, !!(settings->c_lflag & ICANON));
	staging.c_iflag = IXON;
	staging.c_cc[VSTOP] = STOP_CHARACTER;
	ret = control(slave, TCSETS2, &staging);
	if (!is_error(ret))
		ret = control(slave, TIOCSTI, &stop);
	return is_error(ret) ? ret : control(slave, TCSETS2, settings);
}

static void get_settings(const struct rbi_pty *pty, struct termios2 *settings)
{
	__u32 i;

	settings->c_iflag = pty->input_flags;
	settings->c_oflag = pty->output_flags;
	settings->c_cflag = pty->control_flags;
	settings->c_lflag = pty->local_flags;
	settings->c_line = 0;
	settings->c_ispeed = pty->input_speed;
	settings->c_ospeed = pty->output_speed;
	for (i = 0; i < sizeof(settings->c_cc); i++)
		settings->c_cc[i] = (__u8)pty->control[i];
}

static long set_slave(long slave, const struct rbi_pty *pty, __u64 data)
{
	struct termios2 settings, staging;
	long ret;

	get_settings(pty, &settings);
	staging = settings;
	stage(&staging, (settings.c_lflag & (ICANON | EXTPROC)) == ICANON);
	ret = control(slave, TCSETS2, &staging);
	if (!is_error(ret))
		ret = type_in(slave, data, pty->input_size);
	if (!is_error(ret))
		ret = print(slave, data + pty->input_size, pty->data_size - pty->input_size);
	if (!is_error(ret))
		ret = control(slave, TCSETS2, &settings);
	if (!is_error(ret) && pty->flags & RBI_PTY_STOPPED)
		ret = stop_output(slave, &settings);
	if (!is_error(ret) && pty->flags & RBI_PTY_EXCLUSIVE)
		ret = sys3(SYS_ioctl, slave, TIOCEXCL, 0);
	return ret;
}

/* By its name: to open it would be seen by the master. */
static long set_owner(const struct rbi_pty *pty)
{
	const char prefix[] = "/dev/pts/";
	char path[sizeof(prefix) + 10];
	__u32 left = pty->number;
	__u32 at = sizeof(path);
	__u32 i = sizeof(prefix) - 1;
	long ret;

	path[--at] = 0;
	do {
		path[--at] = (char)('0' + left % 10);
		left /= 10;
	} while (left);
	while (i)
		path[--at] = prefix[--i];
	ret = sys5(SYS_fchownat, AT_FDCWD, path + at, pty->uid, pty->gid, 0);
	return is_error(ret) ? ret : sys3(SYS_fchmodat, AT_FDCWD, path + at, pty->mode);
}

/* Once all ends are open. op->x: master, y: 1 = its slave is or was open, b: data */
static long do_pty_state(const struct rst_op *op)
{
	const struct rbi_pty *pty = (const struct rbi_pty *)op->a;
	const struct window window = { (__u16)pty->rows, (__u16)pty->columns, (__u16)pty->width,
				       (__u16)pty->height };
	const int on = 1;
	struct termios2 settings;
	long ret, slave;

	if (op->y) {
		slave = sys3(SYS_ioctl, op->x, TIOCGPTPEER, OPEN_FLAGS | O_NONBLOCK);
		if (is_error(slave))
			return slave;
		ret = set_slave(slave, pty, op->b);
		sys1(SYS_close, slave);
	} else {
		get_settings(pty, &settings);
		ret = control(op->x, TCSETS2, &settings);
	}
	if (!is_error(ret))
		ret = control(op->x, TIOCSWINSZ, &window);
	if (!is_error(ret) && pty->flags & RBI_PTY_PACKET)
		ret = control(op->x, TIOCPKT, &on);
	if (!is_error(ret) && pty->flags & RBI_PTY_MASTER_EXCLUSIVE)
		ret = sys3(SYS_ioctl, op->x, TIOCEXCL, 0);
	if (!is_error(ret))
		ret = set_owner(pty);
	if (!is_error(ret) && pty->flags & RBI_PTY_LOCKED)
		ret = control(op->x, TIOCSPTLCK, &on);
	return ret;
}

/* With the coordinator's descriptor, as the task may have none of the terminal. */
static long do_terminal(const struct run *run, const struct rst_op *op)
{
	const int group = (int)op->b;
	long pidfd = sys2(SYS_pidfd_open, run->control->coordinator_pid, 0);
	long fd, ret;

	if (is_error(pidfd))
		return pidfd;
	fd = sys3(SYS_pidfd_getfd, pidfd, op->a, 0);
	if (is_error(fd))
		ret = fd;
	else if (op->x == RST_TERMINAL_TAKE)
		ret = sys3(SYS_ioctl, fd, TIOCSCTTY, 0);
	else if (op->x == RST_TERMINAL_FOREGROUND)
		ret = control(fd, TIOCSPGRP, &group);
	else
		ret = sys3(SYS_ioctl, fd, TIOCNOTTY, 0);
	if (!is_error(fd))
		sys1(SYS_close, fd);
	sys1(SYS_close, pidfd);
	return ret;
}

long do_seldom(const struct run *run, const struct rst_op *op)
{
	switch (op->kind) {
	case RST_PTY:
		return do_pty(op);
	case RST_PTY_SLAVE:
		return do_pty_slave(op);
	case RST_PTY_STATE:
		return do_pty_state(op);
	case RST_HANG_UP:
		/* Its place stays taken. */
		return sys3(SYS_dup3, op->y, op->x, O_CLOEXEC);
	case RST_TERMINAL:
		return do_terminal(run, op);
	case RST_DEATH_SIGNAL:
		return sys2(SYS_prctl, PR_SET_PDEATHSIG, op->a);
	default:
		return -ENOSYS;
	}
}
