// SPDX-License-Identifier: GPL-2.0
/* Backings, address spaces, VMAs, layout and auxiliary vector. */
#include <linux/auxvec.h>
#include <linux/bitmap.h>
#include <linux/elf.h>
#include <linux/mman.h>
#include <linux/mm_types.h>
#include <linux/slab.h>

#include "check.h"

#define MM_WRONG(member) restart_wrong(fault, RBI_SEC_MMS, i, offsetof(struct rbi_mm, member))
#define VMA_WRONG(member) restart_wrong(fault, RBI_SEC_VMAS, i, offsetof(struct rbi_vma, member))
#define BACKING_WRONG(member) \
	restart_wrong(fault, RBI_SEC_BACKINGS, i, offsetof(struct rbi_backing, member))

#define ALL_PROT (PROT_READ | PROT_WRITE | PROT_EXEC)
#define ALL_SEALS 0x3f /* F_SEAL_SEAL to F_SEAL_EXEC */
#define ANONYMOUS_ONLY (RBI_VMA_GROWSDOWN | RBI_VMA_STACK | RBI_VMA_WIPEONFORK)

/* A file whose contents the image has: of any length. */
static int check_own_contents(const struct rbi_backing *backing, u32 i, struct restart_fault *fault)
{
	if (backing->size > S64_MAX - RBI_PAGE_SIZE)
		return BACKING_WRONG(size);
	if (backing->path == RBI_NONE)
		return BACKING_WRONG(path);
	if (backing->seals & ~(backing->kind == RBI_BACKING_MEMFD ? ALL_SEALS : 0))
		return BACKING_WRONG(seals);
	return backing->mode & ~0777 ? BACKING_WRONG(mode) : 0;
}

static int check_backing(const struct restart_image *image, u32 i, struct restart_fault *fault)
{
	const struct rbi_backing *backing = &image->backings[i];

	if (backing->kind >= RBI_BACKING_KIND_COUNT)
		return BACKING_WRONG(kind);
	if (backing->kind >= RBI_BACKING_MEMFD)
		return check_own_contents(backing, i, fault);
	if (!backing->size || !IS_ALIGNED(backing->size, RBI_PAGE_SIZE) ||
	    backing->size > RESTART_USER_END)
		return BACKING_WRONG(size);
	if (backing->seals)
		return BACKING_WRONG(seals);
	if (backing->mode)
		return BACKING_WRONG(mode);
	if ((backing->kind == RBI_BACKING_FILE) != (backing->path != RBI_NONE))
		return BACKING_WRONG(path);
	if (backing->kind == RBI_BACKING_FILE && backing->run_count)
		return BACKING_WRONG(run_count);
	return 0;
}

static int check_extent(const struct rbi_vma *vma, const struct rbi_vma *before, u32 i,
			struct restart_fault *fault)
{
	if (!IS_ALIGNED(vma->start, RBI_PAGE_SIZE) || !restart_user_address(vma->start))
		return VMA_WRONG(start);
	if (!IS_ALIGNED(vma->end, RBI_PAGE_SIZE) || vma->end <= vma->start ||
	    vma->end > RESTART_USER_END)
		return VMA_WRONG(end);
	if (before && vma->start < before->end)
		return VMA_WRONG(start);
	return 0;
}

static int check_backed(const struct restart_image *image, const struct rbi_vma *vma, u32 i,
			struct restart_fault *fault)
{
	const struct rbi_backing *backing;
	u64 size;

	if (vma->backing >= image->count[RBI_SEC_BACKINGS])
		return VMA_WRONG(backing);
	backing = &image->backings[vma->backing];
	if ((backing->kind == RBI_BACKING_SHMEM) != (vma->kind == RBI_VMA_SHMEM))
		return VMA_WRONG(backing);
	size = ALIGN(backing->size, RBI_PAGE_SIZE);
	if (!IS_ALIGNED(vma->offset, RBI_PAGE_SIZE) || vma->offset > size ||
	    vma->end - vma->start > size - vma->offset)
		return VMA_WRONG(offset);
	return 0;
}

static int check_unbacked(const struct rbi_vma *vma, u32 i, struct restart_fault *fault)
{
	if (vma->backing != RBI_NONE)
		return VMA_WRONG(backing);
	return vma->offset ? VMA_WRONG(offset) : 0;
}

/* What madvise(2) and mlock2(2) do not allow, or take back. */
static int check_advice(const struct rbi_vma *vma, u32 i, struct restart_fault *fault)
{
	static const u32 apart[] = { RBI_VMA_SEQUENTIAL | RBI_VMA_RANDOM,
				     RBI_VMA_HUGEPAGE | RBI_VMA_NOHUGEPAGE,
				     RBI_VMA_SHARED | RBI_VMA_MERGEABLE };
	u32 k;

	for (k = 0; k < ARRAY_SIZE(apart); k++)
		if ((vma->flags & apart[k]) == apart[k])
			return VMA_WRONG(flags);
	if (vma->flags & RBI_VMA_LOCKONFAULT && !(vma->flags & RBI_VMA_LOCKED))
		return VMA_WRONG(flags);
	return 0;
}

static int check_kind(const struct restart_image *image, const struct rbi_vma *vma, u32 i,
		      struct restart_fault *fault)
{
	switch (vma->kind) {
	case RBI_VMA_ANON:
		if (vma->flags & ~(RBI_VMA_ALL_FLAGS & ~RBI_VMA_SHARED))
			return VMA_WRONG(flags);
		return check_unbacked(vma, i, fault);
	case RBI_VMA_FILE:
		if (vma->flags & ~(RBI_VMA_ALL_FLAGS & ~ANONYMOUS_ONLY))
			return VMA_WRONG(flags);
		return check_backed(image, vma, i, fault);
	case RBI_VMA_SHMEM:
		if (vma->flags & ~(RBI_VMA_ALL_FLAGS & ~ANONYMOUS_ONLY) ||
		    !(vma->flags & RBI_VMA_SHARED))
			return VMA_WRONG(flags);
		return check_backed(image, vma, i, fault);
	case RBI_VMA_VDSO:
		if (vma->flags)
			return VMA_WRONG(flags);
		if (vma->prot != (PROT_READ | PROT_EXEC))
			return VMA_WRONG(prot);
		return check_unbacked(vma, i, fault);
	default:
		return VMA_WRONG(kind);
	}
}

static int check_vma(const struct restart_image *image, u32 i, const struct rbi_vma *before,
		     struct restart_fault *fault)
{
	const struct rbi_vma *vma = &image->vmas[i];
	int err = check_extent(vma, before, i, fault);

	if (err)
		return err;
	if (vma->prot & ~ALL_PROT)
		return VMA_WRONG(prot);
	err = check_kind(image, vma, i, fault);
	if (!err && vma->flags & ~(RBI_VMA_SHARED | RBI_VMA_NORESERVE | RBI_VMA_STACK))
		err = check_advice(vma, i, fault);
	return err;
}

static int check_vmas(const struct restart_image *image, const struct rbi_mm *mm,
		      struct restart_fault *fault)
{
	bool vdso = false;
	u32 i;

	for (i = mm->vma_first; i < mm->vma_first + mm->vma_count; i++) {
		const struct rbi_vma *vma = &image->vmas[i];
		int err = check_vma(image, i, i == mm->vma_first ? NULL : vma - 1, fault);

		if (err)
			return err;
		if (vma->kind != RBI_VMA_VDSO)
			continue;
		if (vdso)
			return VMA_WRONG(kind);
		vdso = true;
	}
	return 0;
}

static int check_auxv(const struct restart_image *image, const struct rbi_mm *mm, u32 i,
		      struct restart_fault *fault)
{
	u32 last = mm->auxv_first + mm->auxv_count - 1;
	u32 k;

	if (!mm->auxv_count)
		return 0;
	if (mm->auxv_count > AT_VECTOR_SIZE / 2)
		return MM_WRONG(auxv_count);
	for (k = mm->auxv_first; k <= last; k++)
		if ((image->auxv[k].type == AT_NULL) != (k == last))
			return restart_wrong(fault, RBI_SEC_AUXV, k,
					     offsetof(struct rbi_auxv, type));
	return 0;
}

/* The rules of validate_prctl_map_addr(), kernel/sys.c. */
static int check_layout(const struct rbi_mm *mm, u32 i, struct restart_fault *fault)
{
	/* The eleven addresses lie one after the other. */
	const u64 *addresses = &mm->start_code;
	u32 count = (offsetofend(struct rbi_mm, env_end) - offsetof(struct rbi_mm, start_code)) /
		    sizeof(u64);
	bool set = mm->flags & RBI_MM_LAYOUT;
	u32 k;

	for (k = 0; k < count; k++)
		if (set ? !restart_user_address(addresses[k]) : addresses[k] != 0)
			return restart_wrong(fault, RBI_SEC_MMS, i,
					     offsetof(struct rbi_mm, start_code) + k * sizeof(u64));
	if (!set)
		return 0;
	if (mm->end_code <= mm->start_code)
		return MM_WRONG(end_code);
	if (mm->end_data < mm->start_data)
		return MM_WRONG(end_data);
	if (mm->brk < mm->start_brk)
		return MM_WRONG(brk);
	if (mm->arg_end < mm->arg_start)
		return MM_WRONG(arg_end);
	if (mm->env_end < mm->env_start)
		return MM_WRONG(env_end);
	return 0;
}

static int check_mm(const struct restart_image *image, u32 i, struct restart_fault *fault)
{
	const struct rbi_mm *mm = &image->mms[i];

	if (mm->flags & ~RBI_MM_ALL_FLAGS)
		return MM_WRONG(flags);
	if (mm->flags & RBI_MM_LOCK_ONFAULT && !(mm->flags & RBI_MM_LOCK_FUTURE))
		return MM_WRONG(flags);
	return check_vmas(image, mm, fault) ?:
	       check_auxv(image, mm, i, fault) ?:
	       check_layout(mm, i, fault);
}

int restart_check_memory(const struct restart_image *image, struct restart_fault *fault)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < image->count[RBI_SEC_BACKINGS]; i++)
		err = check_backing(image, i, fault);
	for (i = 0; !err && i < image->count[RBI_SEC_MMS]; i++)
		err = check_mm(image, i, fault);
	return err;
}

/* By a VMA or, as files in the image may be open and not mapped, by a description. */
int restart_check_backings(const struct restart_image *image, struct restart_fault *fault)
{
	unsigned long *used;
	int err;
	u32 i;

	if (!image->count[RBI_SEC_BACKINGS])
		return 0;
	used = restart_bitmap(image, RBI_SEC_BACKINGS);
	if (!used)
		return -ENOMEM;
	for (i = 0; i < image->count[RBI_SEC_VMAS]; i++)
		if (image->vmas[i].backing != RBI_NONE)
			__set_bit(image->vmas[i].backing, used);
	for (i = 0; i < image->count[RBI_SEC_OFDS]; i++)
		if (image->ofds[i].kind == RBI_OFD_MEMFD || image->ofds[i].kind == RBI_OFD_DELETED)
			__set_bit(image->ofds[i].object, used);
	err = restart_check_all_used(image, RBI_SEC_BACKINGS, used, fault);
	kvfree(used);
	return err;
}
