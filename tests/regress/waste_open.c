/* SPDX-License-Identifier: MIT */
/* One useless system call for each file that is opened. */
#include "strategies/userspace/restorer/restorer.h"

long __real_do_open(const struct rst_op *op);
long __wrap_do_open(const struct rst_op *op);

long __wrap_do_open(const struct rst_op *op)
{
	sys0(SYS_getppid);
	return __real_do_open(op);
}
