/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Sockets, and what is unread in them. Part of image/format.h. */
#ifndef RESTARTBENCH_IMAGE_FORMAT_SOCKETS_H
#define RESTARTBENCH_IMAGE_FORMAT_SOCKETS_H

#include "image/format/header.h"

enum rbi_socket_state {
	RBI_SOCKET_UNCONNECTED, /* perhaps bound */
	RBI_SOCKET_LISTENING,
	RBI_SOCKET_PAIR, /* AF_UNIX, as of socketpair(2) */
	RBI_SOCKET_STATE_COUNT
};

#define RBI_SOCKET_REUSEADDR 1u
#define RBI_SOCKET_REUSEPORT 2u
#define RBI_SOCKET_KEEPALIVE 4u
#define RBI_SOCKET_BROADCAST 8u
#define RBI_SOCKET_PASSCRED 0x10u
#define RBI_SOCKET_V6ONLY 0x20u
#define RBI_SOCKET_NODELAY 0x40u /* TCP_NODELAY */
#define RBI_SOCKET_ABSTRACT 0x80u /* AF_UNIX: path is an abstract name, unix(7) */
#define RBI_SOCKET_SHUT_READ 0x100u /* shutdown(2) of a pair's end */
#define RBI_SOCKET_SHUT_WRITE 0x200u
#define RBI_SOCKET_ALL_OPTIONS 0x3ffu

/* A socket; has one description. A connection over TCP has no place here. */
struct rbi_socket {
	__u32 family; /* AF_UNIX 1, AF_INET 2, AF_INET6 10 */
	__u32 type; /* SOCK_STREAM 1, SOCK_DGRAM 2, SOCK_SEQPACKET 5 */
	__u32 state; /* enum rbi_socket_state */
	__u32 peer; /* PAIR: the other end; RBI_NONE = closed */
	__u32 options; /* RBI_SOCKET_* */
	__u32 backlog; /* LISTENING */
	__u32 send_buffer; /* SO_SNDBUF as getsockopt(2) has it; 0 = the default */
	__u32 receive_buffer; /* SO_RCVBUF */
	__u32 path; /* AF_UNIX: string it is bound to: path or abstract name; else RBI_NONE */
	__u32 mode; /* AF_UNIX with a path: permission bits of its file */
	__u32 port; /* AF_INET, AF_INET6: host byte order; 0 = not bound */
	__u32 scope; /* sin6_scope_id */
	__u32 address[4]; /* AF_INET: one word, AF_INET6: four, in network byte order */
};

/* Unread in a socket of a pair: bytes of a stream, or one datagram. */
struct rbi_message {
	__u32 socket; /* that it can be read from; ascending */
	__u32 size; /* bytes */
	__u64 data; /* offset into RBI_SEC_BYTES */
};

RBI_ASSERT_SIZE(rbi_socket, 64);
RBI_ASSERT_SIZE(rbi_message, 16);

#endif
