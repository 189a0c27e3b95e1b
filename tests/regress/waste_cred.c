// SPDX-License-Identifier: GPL-2.0
/* One useless struct cred for each task that the kernel makes. */
#include <linux/cred.h>

#include "restart.h"

int __real_restart_sighand(struct restart_task *t);
int __wrap_restart_sighand(struct restart_task *t);

int __wrap_restart_sighand(struct restart_task *t)
{
	struct cred *cred = prepare_creds();

	if (cred)
		abort_creds(cred);
	return __real_restart_sighand(t);
}
