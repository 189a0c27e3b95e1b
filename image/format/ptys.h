/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Pseudo-terminals. Part of image/format.h. */
#ifndef RESTARTBENCH_IMAGE_FORMAT_PTYS_H
#define RESTARTBENCH_IMAGE_FORMAT_PTYS_H

#include "image/format/header.h"

#define RBI_PTY_HUNG_UP 1u /* its master is closed: only descriptions of the slave are left */
#define RBI_PTY_SLAVE_CLOSED 2u /* the slave was open and is not any more: reading is EIO */
#define RBI_PTY_LOCKED 4u /* TIOCSPTLCK */
#define RBI_PTY_PACKET 8u /* TIOCPKT */
#define RBI_PTY_EXCLUSIVE 16u /* TIOCEXCL, of the slave */
#define RBI_PTY_MASTER_EXCLUSIVE 32u
#define RBI_PTY_STOPPED 64u /* the slave's output is, as by Ctrl-S */
#define RBI_PTY_ALL_FLAGS 127u
#define RBI_PTY_MAX_INPUT 8190 /* bytes: N_TTY's buffer, each byte quoted */
#define RBI_PTY_QUOTE 0x16 /* input in canonical mode: the next byte is nothing special */
#define RBI_PTY_EOF 0x04 /* input in canonical mode: ends what is before it */
#define RBI_PTY_CONTROLS 20

/*
 * A pseudo-terminal, pty(7), whose master is or was in the tree. The terminal's settings,
 * tcsetattr(3), its window and its session are those of the slave. Unread is first the
 * input, for the slave, and then the output, for the master. Input is given as it would be
 * typed with all conversions, echo and signals off; in canonical mode with RBI_PTY_QUOTE and
 * RBI_PTY_EOF as VLNEXT and VEOF, and VEOL and VEOL2 as in control.
 */
struct rbi_pty {
	__u32 number; /* of /dev/pts/NUMBER, unique */
	__u32 flags; /* RBI_PTY_* */
	__u32 sid; /* session whose controlling terminal it is, 0 = of none */
	__u32 foreground; /* its foreground process group, 0 = none */
	__u32 input_flags, output_flags, control_flags, local_flags; /* struct termios2 */
	__u32 input_speed, output_speed; /* baud */
	__u32 rows, columns, width, height; /* struct winsize */
	__u32 uid, gid; /* owner of the slave's file */
	__u32 mode; /* its permission bits */
	__u32 input_size; /* of data_size: bytes for the slave */
	__u64 data; /* offset into RBI_SEC_BYTES */
	__u32 data_size;
	char control[RBI_PTY_CONTROLS]; /* c_cc, of which there are 19 */
};

RBI_ASSERT_SIZE(rbi_pty, 104);

#endif
