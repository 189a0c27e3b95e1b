// SPDX-License-Identifier: GPL-2.0
/* What was said about memory with madvise(2) and prctl(2). Locks are for an errand. */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/coredump.h>

#include "memory.h"
#include "restart.h"
#include "symbols.h"

struct advice {
	u32 flag;	    /* RBI_VMA_* */
	int advice;	    /* MADV_* */
	unsigned long bits; /* VM_*; 0: there is more to it than these */
};

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
#define NO_HUGE_PAGES VM_NOHUGEPAGE
#else
#define NO_HUGE_PAGES 0 /* madvise(2) says that there are none */
#endif

static const struct advice all_advice[] = {
	{ RBI_VMA_SEQUENTIAL, MADV_SEQUENTIAL, VM_SEQ_READ },
	{ RBI_VMA_RANDOM, MADV_RANDOM, VM_RAND_READ },
	{ RBI_VMA_DONTFORK, MADV_DONTFORK, VM_DONTCOPY },
	{ RBI_VMA_DONTDUMP, MADV_DONTDUMP, VM_DONTDUMP },
	{ RBI_VMA_WIPEONFORK, MADV_WIPEONFORK, VM_WIPEONFORK },
	{ RBI_VMA_NOHUGEPAGE, MADV_NOHUGEPAGE, NO_HUGE_PAGES },
	{ RBI_VMA_MERGEABLE, MADV_MERGEABLE, 0 },
	{ RBI_VMA_HUGEPAGE, MADV_HUGEPAGE, 0 },
};

unsigned long restart_advice_bits(const struct rbi_vma *record)
{
	unsigned long bits = 0;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(all_advice); i++)
		if (record->flags & all_advice[i].flag)
			bits |= all_advice[i].bits;
	return bits;
}

static int advise(struct restart *r, struct mm_struct *mm, const struct rbi_vma *record)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(all_advice); i++) {
		const struct advice *one = &all_advice[i];
		int err;

		if (!(record->flags & one->flag) || (one->bits && restart_is_plain(record)))
			continue;
		err = restart_step(r)
			      ?: HIDDEN(do_madvise)(mm, record->start, record->end - record->start,
						    one->advice);
		if (err)
			return err;
	}
	return 0;
}

/* Once contents are there: from then on khugepaged and ksmd may come. */
int restart_advise(struct restart *r, struct mm_struct *mm, const struct rbi_mm *mm_record)
{
	const struct rbi_vma *record = r->image.vmas + mm_record->vma_first;
	const struct rbi_vma *end = record + mm_record->vma_count;
	int err = 0;

	for (; !err && record < end; record++)
		if (record->flags & RBI_VMA_ADVICE)
			err = advise(r, mm, record);
	return err;
}

/* It would be inherited from whoever makes the mm. */
void restart_set_huge(struct mm_struct *mm, const struct rbi_mm *record)
{
	if (record->flags & RBI_MM_NO_HUGE_PAGES)
		set_bit(MMF_DISABLE_THP, &mm->flags);
	else
		clear_bit(MMF_DISABLE_THP, &mm->flags);
}
