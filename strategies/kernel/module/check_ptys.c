// SPDX-License-Identifier: GPL-2.0
/*
 * Pseudo-terminals: who has which end, and whose controlling terminals they are. A
 * terminal controls one session, whose leader took it, and the foreground process
 * group lies in that session: drivers/tty/tty_jobctrl.c.
 */
#include <linux/bitmap.h>
#include <linux/slab.h>

#include "check.h"
#include "pids.h"

#define PTY_WRONG(member) restart_wrong(fault, RBI_SEC_PTYS, i, offsetof(struct rbi_pty, member))
#define MAX_NUMBER ((1u << 20) - 1)
#define MAX_OUTPUT (1u << 16)

static int check_pty(const struct rbi_pty *pty, u32 i, struct restart_fault *fault)
{
	if (pty->number > MAX_NUMBER)
		return PTY_WRONG(number);
	if (pty->flags & ~RBI_PTY_ALL_FLAGS ||
	    (pty->flags & RBI_PTY_HUNG_UP && pty->flags != RBI_PTY_HUNG_UP))
		return PTY_WRONG(flags);
	if (pty->rows > U16_MAX)
		return PTY_WRONG(rows);
	if (pty->columns > U16_MAX)
		return PTY_WRONG(columns);
	if (pty->width > U16_MAX)
		return PTY_WRONG(width);
	if (pty->height > U16_MAX)
		return PTY_WRONG(height);
	if (pty->uid == U32_MAX)
		return PTY_WRONG(uid);
	if (pty->gid == U32_MAX)
		return PTY_WRONG(gid);
	if (pty->mode & ~0777)
		return PTY_WRONG(mode);
	if (pty->input_size > RBI_PTY_MAX_INPUT || pty->input_size > pty->data_size)
		return PTY_WRONG(input_size);
	if (pty->data_size - pty->input_size > MAX_OUTPUT ||
	    (pty->flags & RBI_PTY_HUNG_UP && pty->data_size))
		return PTY_WRONG(data_size);
	if (pty->flags & RBI_PTY_HUNG_UP && pty->sid)
		return PTY_WRONG(sid);
	return !pty->sid != !pty->foreground ? PTY_WRONG(foreground) : 0;
}

/* A pty has one master unless it is hung up, and then it has a slave. */
static int check_ends(const struct restart_image *image, unsigned long *masters,
		      unsigned long *slaves, struct restart_fault *fault)
{
	u32 i;

	for (i = 0; i < image->count[RBI_SEC_OFDS]; i++) {
		const struct rbi_ofd *ofd = &image->ofds[i];

		if (ofd->kind == RBI_OFD_PTY_SLAVE)
			__set_bit(ofd->object, slaves);
		else if (ofd->kind == RBI_OFD_PTY_MASTER &&
			 __test_and_set_bit(ofd->object, masters))
			return restart_wrong(fault, RBI_SEC_OFDS, i,
					     offsetof(struct rbi_ofd, object));
	}
	for (i = 0; i < image->count[RBI_SEC_PTYS]; i++) {
		const struct rbi_pty *pty = &image->ptys[i];
		bool slave = test_bit(i, slaves);

		if (test_bit(i, masters) == !!(pty->flags & RBI_PTY_HUNG_UP) ||
		    (pty->flags & RBI_PTY_HUNG_UP && !slave) ||
		    (pty->flags & RBI_PTY_SLAVE_CLOSED && slave))
			return PTY_WRONG(flags);
		if (pty->sid && !slave)
			return PTY_WRONG(sid);
	}
	return 0;
}

static bool find(const u64 *numbers, u32 count, u64 number)
{
	u32 low = 0;

	while (low < count) {
		u32 middle = low + (count - low) / 2;

		if (numbers[middle] == number)
			return true;
		if (numbers[middle] < number)
			low = middle + 1;
		else
			count = middle;
	}
	return false;
}

static bool leads_with_terminal(const struct restart_image *image, const struct restart_pids *pids,
				u32 sid)
{
	u32 task = restart_pids_find(pids, sid);
	const struct rbi_group *group;

	if (task == RBI_NONE || !restart_is_leader(image, task))
		return false;
	group = &image->groups[image->tasks[task].group];
	return group->sid == sid && group->flags & RBI_GROUP_TERMINAL;
}

/* @numbers: room for what is compared: of groups and zombies, of ptys twice */
static int check_control(const struct restart_image *image, const struct restart_pids *pids,
			 u64 *numbers, struct restart_fault *fault)
{
	u32 ptys = image->count[RBI_SEC_PTYS];
	u64 *sids = numbers + ptys;
	u64 *members = sids + ptys;
	u32 controlled = 0;
	u32 count = 0;
	u32 i;

	for (i = 0; i < image->count[RBI_SEC_GROUPS]; i++)
		members[count++] = (u64)image->groups[i].sid << 32 | image->groups[i].pgid;
	for (i = 0; i < image->count[RBI_SEC_ZOMBIES]; i++)
		members[count++] = (u64)image->zombies[i].sid << 32 | image->zombies[i].pgid;
	restart_sort(members, count);
	for (i = 0; i < ptys; i++) {
		const struct rbi_pty *pty = &image->ptys[i];

		numbers[i] = pty->number;
		if (!pty->sid)
			continue;
		if (!leads_with_terminal(image, pids, pty->sid))
			return PTY_WRONG(sid);
		if (!find(members, count, (u64)pty->sid << 32 | pty->foreground))
			return PTY_WRONG(foreground);
		sids[controlled++] = pty->sid;
	}
	restart_sort(numbers, ptys);
	restart_sort(sids, controlled);
	for (i = 1; i < ptys; i++)
		if (numbers[i] == numbers[i - 1])
			return restart_wrong(fault, RBI_SEC_PTYS, RBI_NONE,
					     offsetof(struct rbi_pty, number));
	for (i = 1; i < controlled; i++)
		if (sids[i] == sids[i - 1])
			return restart_wrong(fault, RBI_SEC_PTYS, RBI_NONE,
					     offsetof(struct rbi_pty, sid));
	for (i = 0; i < image->count[RBI_SEC_GROUPS]; i++)
		if (image->groups[i].flags & RBI_GROUP_TERMINAL &&
		    !find(sids, controlled, image->groups[i].sid))
			return restart_wrong(fault, RBI_SEC_GROUPS, i,
					     offsetof(struct rbi_group, flags));
	return 0;
}

/* A terminal without a pty. */
static int check_none(const struct restart_image *image, struct restart_fault *fault)
{
	u32 i;

	for (i = 0; i < image->count[RBI_SEC_GROUPS]; i++)
		if (image->groups[i].flags & RBI_GROUP_TERMINAL)
			return restart_wrong(fault, RBI_SEC_GROUPS, i,
					     offsetof(struct rbi_group, flags));
	return 0;
}

int restart_check_ptys(const struct restart_image *image, struct restart_fault *fault)
{
	unsigned long *masters, *slaves;
	struct restart_pids pids;
	u64 *numbers;
	u64 room;
	int err = 0;
	u32 i;

	if (!image->count[RBI_SEC_PTYS])
		return check_none(image, fault);
	for (i = 0; !err && i < image->count[RBI_SEC_PTYS]; i++)
		err = check_pty(&image->ptys[i], i, fault);
	if (err)
		return err;
	room = image->count[RBI_SEC_GROUPS] + image->count[RBI_SEC_ZOMBIES] +
	       2 * image->count[RBI_SEC_PTYS];
	numbers = kvmalloc_array(room, sizeof(u64), GFP_KERNEL_ACCOUNT);
	masters = restart_bitmap(image, RBI_SEC_PTYS);
	slaves = restart_bitmap(image, RBI_SEC_PTYS);
	err = numbers && masters && slaves ? check_ends(image, masters, slaves, fault) : -ENOMEM;
	if (!err)
		err = restart_pids_init(&pids, image);
	if (!err) {
		err = check_control(image, &pids, numbers, fault);
		restart_pids_free(&pids);
	}
	kvfree(numbers);
	kvfree(masters);
	kvfree(slaves);
	return err;
}
