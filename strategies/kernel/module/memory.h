/* SPDX-License-Identifier: GPL-2.0 */
/* How an mm is filled: VMAs (areas.c, memory.c), then contents (pages.c, huge.c). */
#ifndef RESTART_MEMORY_H
#define RESTART_MEMORY_H

#include <linux/mm_types.h>

#include "image.h"

struct restart;

/* Whether restart_add_areas() makes that VMA. */
bool restart_is_plain(const struct rbi_vma *record);
int restart_add_areas(struct restart *r, struct mm_struct *mm, const struct rbi_mm *record);
void restart_let_collapse(struct mm_struct *mm);

/* advice.c: what of it is bits of a plain VMA; all the rest, by madvise(2) */
unsigned long restart_advice_bits(const struct rbi_vma *record);
int restart_advise(struct restart *r, struct mm_struct *mm, const struct rbi_mm *record);
void restart_set_huge(struct mm_struct *mm, const struct rbi_mm *record);

/* The contents of all VMAs of an mm, which nobody uses yet. */
int restart_fill_pages(struct restart *r, struct mm_struct *mm, const struct rbi_mm *record);

/* How many pages of the run, from *@first on, restart_fill_huge() should fill. */
u64 restart_huge_part(const struct rbi_vma *record, const struct rbi_run *run, u64 *first);
int restart_fill_huge(struct restart *r, u64 address, u64 size, loff_t position);

/* The flags that mmap(2) would take for it. */
unsigned long restart_mmap_flags(const struct rbi_vma *record);

#endif
