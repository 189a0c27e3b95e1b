// SPDX-License-Identifier: GPL-2.0
/*
 * Credentials of current, last of all: what comes before may need privileges. A task
 * never gets one that its coordinator, whose credentials it was born with, lacks.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/personality.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/sched/user.h>
#include <linux/securebits.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include <linux/version.h>

#include "errand.h"
#include "restart.h"
#include "symbols.h"

static kernel_cap_t capabilities(u64 bits)
{
	bits &= (2ull << CAP_LAST_CAP) - 1;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	return (kernel_cap_t){ { (u32)bits, (u32)(bits >> 32) } };
#else
	return (kernel_cap_t){ bits };
#endif
}

static bool same_capabilities(kernel_cap_t a, kernel_cap_t b)
{
	return cap_issubset(a, b) && cap_issubset(b, a);
}

/* As cap_capset() and cap_prctl_drop() decide. */
static int set_capabilities(struct cred *new, const struct rbi_credentials *record)
{
	const struct cred *old = current_cred();
	bool may_change = ns_capable(old->user_ns, CAP_SETPCAP);

	new->cap_permitted = capabilities(record->permitted);
	new->cap_effective = capabilities(record->effective);
	new->cap_inheritable = capabilities(record->inheritable);
	new->cap_bset = capabilities(record->bounding);
	new->cap_ambient = capabilities(record->ambient);
	new->securebits = record->securebits;
	if (!cap_issubset(new->cap_permitted, old->cap_permitted) ||
	    !cap_issubset(new->cap_bset, old->cap_bset))
		return -EPERM;
	if (!cap_issubset(new->cap_inheritable,
			  cap_combine(old->cap_inheritable,
				      may_change ? old->cap_bset : old->cap_permitted)))
		return -EPERM;
	if (!may_change && (new->securebits != old->securebits ||
			    !same_capabilities(new->cap_bset, old->cap_bset)))
		return -EPERM;
	return 0;
}

static int set_users(struct cred *new, const struct rbi_credentials *record)
{
	const struct cred *old = current_cred();
	struct user_namespace *ns = old->user_ns;
	struct user_struct *user;

	new->uid = make_kuid(ns, record->uid);
	new->euid = make_kuid(ns, record->euid);
	new->suid = make_kuid(ns, record->suid);
	new->fsuid = make_kuid(ns, record->fsuid);
	if (!uid_valid(new->uid) || !uid_valid(new->euid) || !uid_valid(new->suid) ||
	    !uid_valid(new->fsuid))
		return -EINVAL;
	if (uid_eq(new->uid, old->uid) && uid_eq(new->euid, old->euid) &&
	    uid_eq(new->suid, old->suid) && uid_eq(new->fsuid, old->fsuid))
		return 0;
	if (!ns_capable_setid(ns, CAP_SETUID))
		return -EPERM;
	if (uid_eq(new->uid, old->uid))
		return 0;
	user = HIDDEN(alloc_uid)(new->uid);
	if (!user)
		return -EAGAIN;
	free_uid(new->user);
	new->user = user;
	return 0;
}

static int set_groups_of(struct cred *new, const struct rbi_credentials *record,
			 const struct rbi_gid *gids)
{
	struct user_namespace *ns = current_cred()->user_ns;
	struct group_info *groups;
	u32 i;

	new->gid = make_kgid(ns, record->gid);
	new->egid = make_kgid(ns, record->egid);
	new->sgid = make_kgid(ns, record->sgid);
	new->fsgid = make_kgid(ns, record->fsgid);
	if (!gid_valid(new->gid) || !gid_valid(new->egid) || !gid_valid(new->sgid) ||
	    !gid_valid(new->fsgid) || record->gid_count > NGROUPS_MAX)
		return -EINVAL;
	if (!ns_capable_setid(ns, CAP_SETGID))
		return -EPERM;
	groups = groups_alloc(record->gid_count);
	if (!groups)
		return -ENOMEM;
	for (i = 0; i < record->gid_count; i++) {
		groups->gid[i] = make_kgid(ns, gids[i].gid);
		if (!gid_valid(groups->gid[i])) {
			groups_free(groups);
			return -EINVAL;
		}
	}
	groups_sort(groups);
	set_groups(new, groups);
	put_group_info(groups);
	return 0;
}

static int set_credentials(struct restart *r, const struct rbi_credentials *record)
{
	struct cred *new = prepare_creds();
	int clings = current->pdeath_signal;
	int err;

	if (!new)
		return -ENOMEM;
	err = set_groups_of(new, record, r->image.gids + record->gid_first) ?:
	      set_users(new, record) ?:
	      set_capabilities(new, record) ?:
	      HIDDEN(set_cred_ucounts)(new);
	if (err) {
		abort_creds(new);
		return err;
	}
	commit_creds(new);
	current->pdeath_signal = clings; /* it goes with a change of ids */
	if (record->flags & RBI_CREDENTIALS_NO_NEW_PRIVS)
		task_set_no_new_privs(current);
	set_personality(record->personality);
	return 0;
}

int restart_credentials(struct restart_task *t)
{
	struct restart *r = t->restart;
	const struct rbi_task *record = restart_record(t);
	bool hidden = r->image.mms[record->mm].flags & RBI_MM_NOT_DUMPABLE;
	int err;

	if (record->credentials == RBI_NONE && !hidden)
		return 0;
	err = restart_step(r);
	if (!err && record->credentials != RBI_NONE)
		err = set_credentials(r, &r->image.credentials[record->credentials]);
	/*
	 * A change of ids makes an mm what no other may look at. As long as somebody is out
	 * in it with the coordinator's privileges, it stays so.
	 */
	if (!err)
		HIDDEN(set_dumpable)
	(current->mm, hidden || r->errands ? SUID_DUMP_DISABLE : SUID_DUMP_USER);
	return err;
}

/* All are back from their errands and stand at the barrier. */
int restart_unveil(struct restart *r)
{
	u32 i;

	for (i = 0; i < r->image.count[RBI_SEC_TASKS]; i++) {
		const struct rbi_task *record = &r->image.tasks[i];
		struct task_struct *task;
		struct mm_struct *mm;

		if (record->credentials == RBI_NONE ||
		    r->image.mms[record->mm].flags & RBI_MM_NOT_DUMPABLE)
			continue;
		rcu_read_lock();
		task = READ_ONCE(r->tasks[i].sleeper);
		if (task)
			get_task_struct(task);
		rcu_read_unlock();
		if (!task)
			return -ESRCH; /* it was killed */
		mm = get_task_mm(task);
		put_task_struct(task);
		if (!mm)
			return -ESRCH;
		HIDDEN(set_dumpable)(mm, SUID_DUMP_USER);
		mmput(mm);
		cond_resched();
	}
	return 0;
}
