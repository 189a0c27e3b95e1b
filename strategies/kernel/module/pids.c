// SPDX-License-Identifier: GPL-2.0
/* Which task of an image has a pid. */
#include <linux/slab.h>
#include <linux/sort.h>

#include "pids.h"

static int compare(const void *left, const void *right)
{
	u64 a = *(const u64 *)left;
	u64 b = *(const u64 *)right;

	return a < b ? -1 : a > b;
}

void restart_sort(u64 *numbers, u32 count)
{
	u32 i;

	for (i = 1; i < count; i++) {
		if (numbers[i - 1] > numbers[i]) {
			sort(numbers, count, sizeof(*numbers), compare, NULL);
			return;
		}
	}
}

int restart_pids_init(struct restart_pids *pids, const struct restart_image *image)
{
	u32 i;

	pids->count = image->count[RBI_SEC_TASKS];
	pids->entries = kvmalloc_array(pids->count, sizeof(u64), GFP_KERNEL_ACCOUNT);
	if (!pids->entries)
		return -ENOMEM;
	for (i = 0; i < pids->count; i++)
		pids->entries[i] = (u64)image->tasks[i].pid << 32 | i;
	restart_sort(pids->entries, pids->count);
	return 0;
}

void restart_pids_free(struct restart_pids *pids)
{
	kvfree(pids->entries);
	pids->entries = NULL;
}

u32 restart_pids_find(const struct restart_pids *pids, u32 pid)
{
	u32 low = 0;
	u32 high = pids->count;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (pids->entries[middle] >> 32 < pid)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < pids->count && pids->entries[low] >> 32 == pid)
		return (u32)pids->entries[low];
	return RBI_NONE;
}
