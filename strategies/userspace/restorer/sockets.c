/* SPDX-License-Identifier: MIT */
/* Ops on sockets. */
#include <linux/fcntl.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/stat.h>
#include <linux/un.h>

#include "strategies/userspace/restorer/restorer.h"

#define AF_UNIX 1
#define AF_INET6 10
#define SOCK_STREAM 1
#define SOL_SOCKET 1
#define SO_REUSEADDR 2
#define SO_BROADCAST 6
#define SO_SNDBUF 7
#define SO_RCVBUF 8
#define SO_KEEPALIVE 9
#define SO_REUSEPORT 15
#define SO_PASSCRED 16
#define SO_SNDBUFFORCE 32
#define SO_RCVBUFFORCE 33
#define SOL_TCP 6
#define TCP_NODELAY 1
#define SOL_IPV6 41
#define SENT_AT_ONCE 0x4040 /* MSG_DONTWAIT | MSG_NOSIGNAL */
#define EAGAIN 11
#define EMSGSIZE 90
#define SOCKET_FLAGS 02004000u /* SOCK_CLOEXEC | SOCK_NONBLOCK */

static long set_option(long fd, long level, long name, int value)
{
	return sys5(SYS_setsockopt, fd, level, name, &value, sizeof(value));
}

/* A size as getsockopt(2) reports it is twice what is set; root may exceed the limit. */
static long set_buffer(long fd, long name, long force, __u32 reported)
{
	long ret;

	if (!reported)
		return 0;
	ret = set_option(fd, SOL_SOCKET, force, (int)(reported / 2));
	return is_error(ret) ? set_option(fd, SOL_SOCKET, name, (int)(reported / 2)) : ret;
}

static long set_options(long fd, const struct rbi_socket *socket)
{
	static const struct {
		__u32 bit;
		__u16 level, name;
	} options[] = {
		{ RBI_SOCKET_REUSEADDR, SOL_SOCKET, SO_REUSEADDR },
		{ RBI_SOCKET_REUSEPORT, SOL_SOCKET, SO_REUSEPORT },
		{ RBI_SOCKET_KEEPALIVE, SOL_SOCKET, SO_KEEPALIVE },
		{ RBI_SOCKET_BROADCAST, SOL_SOCKET, SO_BROADCAST },
		{ RBI_SOCKET_PASSCRED, SOL_SOCKET, SO_PASSCRED },
		{ RBI_SOCKET_NODELAY, SOL_TCP, TCP_NODELAY },
	};
	long ret = 0;
	__u32 i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]) && !is_error(ret); i++)
		if (socket->options & options[i].bit)
			ret = set_option(fd, options[i].level, options[i].name, 1);
	/* Its default is a setting of the machine's. */
	if (!is_error(ret) && socket->family == AF_INET6)
		ret = set_option(fd, SOL_IPV6, IPV6_V6ONLY,
				 !!(socket->options & RBI_SOCKET_V6ONLY));
	if (!is_error(ret))
		ret = set_buffer(fd, SO_SNDBUF, SO_SNDBUFFORCE, socket->send_buffer);
	if (!is_error(ret))
		ret = set_buffer(fd, SO_RCVBUF, SO_RCVBUFFORCE, socket->receive_buffer);
	return ret;
}

/* The socket's file is the one that the checkpointed process left behind. */
static void remove_socket(const char *path)
{
	struct statx status;
	long ret = sys5(SYS_statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &status);

	if (!is_error(ret) && (status.stx_mode & S_IFMT) == S_IFSOCK)
		sys1(SYS_unlink, path);
}

static long bind_unix(long fd, const struct rbi_socket *socket, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	__u32 from = socket->options & RBI_SOCKET_ABSTRACT ? 1 : 0; /* behind a NUL */
	__u32 length = 0;
	long ret;

	for (; path[length] && from + length < sizeof(address.sun_path); length++)
		address.sun_path[from + length] = path[length];
	if (from)
		return sys3(SYS_bind, fd, &address, sizeof(address.sun_family) + 1 + length);
	remove_socket(path);
	ret = sys3(SYS_bind, fd, &address, sizeof(address.sun_family) + length + 1);
	return is_error(ret) ? ret : sys2(SYS_chmod, path, socket->mode);
}

static long bind_internet(long fd, const struct rbi_socket *socket)
{
	__u16 port = (__u16)(socket->port >> 8 | socket->port << 8);
	struct sockaddr_in four = { .sin_family = 2, .sin_port = port };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = port };
	__u32 i;

	if (!socket->port)
		return 0;
	if (socket->family != AF_INET6) {
		four.sin_addr.s_addr = socket->address[0];
		return sys3(SYS_bind, fd, &four, sizeof(four));
	}
	six.sin6_scope_id = socket->scope;
	for (i = 0; i < 4; i++)
		six.sin6_addr.s6_addr32[i] = socket->address[i];
	return sys3(SYS_bind, fd, &six, sizeof(six));
}

/* One that is not of a pair. */
long do_socket(const struct rst_op *op)
{
	const struct rbi_socket *socket = (const struct rbi_socket *)op->a;
	long fd = sys3(SYS_socket, socket->family, socket->type | (op->b & SOCKET_FLAGS), 0);
	long ret;

	if (is_error(fd))
		return fd;
	ret = set_options(fd, socket);
	if (!is_error(ret)) {
		if (socket->family != AF_UNIX)
			ret = bind_internet(fd, socket);
		else if (op->c)
			ret = bind_unix(fd, socket, (const char *)op->c);
	}
	if (!is_error(ret) && socket->state == RBI_SOCKET_LISTENING)
		ret = sys2(SYS_listen, fd, socket->backlog);
	return is_error(ret) ? ret : fd;
}

/* Both ends are on the lowest free numbers; they get their state by RST_SOCKET_STATE. */
long do_socketpair(const struct rst_op *op)
{
	int fds[2];
	long ret = sys4(SYS_socketpair, AF_UNIX, op->z | 02000000 /* SOCK_CLOEXEC */, 0, fds);

	if (is_error(ret))
		return ret;
	return (__u32)fds[1] == op->y ? fds[0] : fds[1];
}

/* With room for it, if the buffer is too small. */
static long send_forced(const struct rst_op *op, __u64 data, __u64 size)
{
	int before = 0;
	unsigned int length = sizeof(before);
	long ret = sys5(SYS_getsockopt, op->x, SOL_SOCKET, SO_SNDBUF, &before, &length);

	if (!is_error(ret))
		ret = set_option(op->x, SOL_SOCKET, SO_SNDBUFFORCE, 1 << 30);
	if (!is_error(ret))
		ret = sys6(SYS_sendto, op->x, data, size, SENT_AT_ONCE, 0, 0);
	set_option(op->x, SOL_SOCKET, SO_SNDBUFFORCE, before / 2);
	return ret;
}

/* What its peer is to read. */
long do_send(const struct rst_op *op)
{
	__u64 sent = 0;

	do {
		long ret = sys6(SYS_sendto, op->x, op->a + sent, op->b - sent, SENT_AT_ONCE, 0, 0);

		if (ret == -EAGAIN || ret == -EMSGSIZE)
			ret = send_forced(op, op->a + sent, op->b - sent);
		if (is_error(ret))
			return ret;
		sent += (__u64)ret;
	} while (sent < op->b);
	return 0;
}

/* Last, as it may end what can be sent: options, status flags, shutdown(2). */
long do_socket_state(const struct rst_op *op)
{
	const struct rbi_socket *socket = (const struct rbi_socket *)op->a;
	const __u32 reading = socket->options & RBI_SOCKET_SHUT_READ;
	const __u32 writing = socket->options & RBI_SOCKET_SHUT_WRITE;
	long ret = set_options(op->x, socket);

	if (!is_error(ret) && op->b)
		ret = sys3(SYS_fcntl, op->x, F_SETFL, op->b);
	if (!is_error(ret) && (reading || writing))
		ret = sys2(SYS_shutdown, op->x, reading && writing ? 2 : reading ? 0 : 1);
	return ret;
}
