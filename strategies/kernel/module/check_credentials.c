// SPDX-License-Identifier: GPL-2.0
/* Credentials and resource limits. */
#include <linux/bitmap.h>
#include <linux/capability.h>
#include <linux/resource.h>
#include <linux/slab.h>

#include "check.h"

#define CREDENTIALS_WRONG(member) \
	restart_wrong(fault, RBI_SEC_CREDENTIALS, i, offsetof(struct rbi_credentials, member))
#define LIMIT_WRONG(member) \
	restart_wrong(fault, RBI_SEC_LIMITS, i, offsetof(struct rbi_limit, member))

#define CAPABILITIES ((1ull << 41) - 1) /* of the format */
#define SECURE_BITS 0xff
#define PERSONALITY 0x0fffffff

static int check_record(const struct restart_image *image, u32 i, struct restart_fault *fault)
{
	const struct rbi_credentials *record = &image->credentials[i];
	const u32 *ids = &record->uid; /* eight, one after the other */
	u64 known = (2ull << CAP_LAST_CAP) - 1;
	u32 k;

	for (k = 0; k < 8; k++)
		if (ids[k] == U32_MAX)
			return restart_wrong(fault, RBI_SEC_CREDENTIALS, i, k * sizeof(u32));
	if (record->securebits & ~SECURE_BITS)
		return CREDENTIALS_WRONG(securebits);
	if (record->flags & ~RBI_CREDENTIALS_NO_NEW_PRIVS)
		return CREDENTIALS_WRONG(flags);
	if (record->personality & ~PERSONALITY)
		return CREDENTIALS_WRONG(personality);
	if (record->death_signal > RBI_NR_SIGNALS)
		return CREDENTIALS_WRONG(death_signal);
	if (record->inheritable & ~CAPABILITIES)
		return CREDENTIALS_WRONG(inheritable);
	if (record->permitted & ~CAPABILITIES)
		return CREDENTIALS_WRONG(permitted);
	if (record->effective & ~record->permitted)
		return CREDENTIALS_WRONG(effective);
	if (record->bounding & ~CAPABILITIES)
		return CREDENTIALS_WRONG(bounding);
	if (record->ambient & ~(record->permitted & record->inheritable))
		return CREDENTIALS_WRONG(ambient);
	for (k = record->gid_first; k < record->gid_first + record->gid_count; k++)
		if (image->gids[k].gid == U32_MAX ||
		    (k > record->gid_first && image->gids[k].gid < image->gids[k - 1].gid))
			return restart_wrong(fault, RBI_SEC_GIDS, k, offsetof(struct rbi_gid, gid));
	/* A capability that this kernel does not know cannot be given. */
	return (record->permitted | record->inheritable) & ~known
		       ? restart_beyond(fault, RBI_SEC_CREDENTIALS, i,
					offsetof(struct rbi_credentials, permitted))
		       : 0;
}

static int check_limits(const struct restart_image *image, const struct rbi_group *group,
			struct restart_fault *fault)
{
	u32 i;

	for (i = group->limit_first; i < group->limit_first + group->limit_count; i++) {
		const struct rbi_limit *limit = &image->limits[i];

		if (limit->resource >= RLIM_NLIMITS ||
		    (i > group->limit_first && limit->resource <= limit[-1].resource))
			return LIMIT_WRONG(resource);
		if (limit->reserved)
			return LIMIT_WRONG(reserved);
		if (limit->soft > limit->hard)
			return LIMIT_WRONG(soft);
	}
	return 0;
}

int restart_check_credentials(const struct restart_image *image, struct restart_fault *fault)
{
	unsigned long *used;
	int err = 0;
	u32 i;

	if (image->count[RBI_SEC_LIMITS])
		for (i = 0; !err && i < image->count[RBI_SEC_GROUPS]; i++)
			err = check_limits(image, &image->groups[i], fault);
	if (err || !image->count[RBI_SEC_CREDENTIALS])
		return err;
	for (i = 0; !err && i < image->count[RBI_SEC_CREDENTIALS]; i++)
		err = check_record(image, i, fault);
	if (err)
		return err;
	used = restart_bitmap(image, RBI_SEC_CREDENTIALS);
	if (!used)
		return -ENOMEM;
	for (i = 0; i < image->count[RBI_SEC_TASKS]; i++) {
		u32 record = image->tasks[i].credentials;

		if (record == RBI_NONE)
			continue;
		__set_bit(record, used);
		/* Its parent is whoever restarts the tree. */
		if (!image->tasks[i].group && image->credentials[record].death_signal)
			err = restart_wrong(fault, RBI_SEC_CREDENTIALS, record,
					    offsetof(struct rbi_credentials, death_signal));
	}
	err = err ?: restart_check_all_used(image, RBI_SEC_CREDENTIALS, used, fault);
	kvfree(used);
	return err;
}
