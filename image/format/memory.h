/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Address spaces, their VMAs, the contents of pages, and what is mapped. Part of image/format.h. */
#ifndef RESTARTBENCH_IMAGE_FORMAT_MEMORY_H
#define RESTARTBENCH_IMAGE_FORMAT_MEMORY_H

#include "image/format/header.h"

#define RBI_MM_LAYOUT 1u /* start_code … env_end are set: prctl(PR_SET_MM_MAP) */
#define RBI_MM_NOT_DUMPABLE 2u /* PR_SET_DUMPABLE 0 */
#define RBI_MM_NO_HUGE_PAGES 4u /* PR_SET_THP_DISABLE */
#define RBI_MM_LOCK_FUTURE 8u /* mlockall(MCL_FUTURE) */
#define RBI_MM_LOCK_ONFAULT 16u /* and MCL_ONFAULT */
#define RBI_MM_ALL_FLAGS 31u

struct rbi_mm {
	__u32 vma_first; /* ascending, not overlapping */
	__u32 vma_count;
	__u32 run_first; /* contents of private mappings, ascending */
	__u32 run_count;
	__u32 auxv_first;
	__u32 auxv_count;
	__u32 exe; /* string, or RBI_NONE to keep the restorer's */
	__u32 flags; /* RBI_MM_* */
	__u64 start_code;
	__u64 end_code;
	__u64 start_data;
	__u64 end_data;
	__u64 start_brk;
	__u64 brk;
	__u64 start_stack;
	__u64 arg_start;
	__u64 arg_end;
	__u64 env_start;
	__u64 env_end;
};

enum rbi_vma_kind {
	RBI_VMA_ANON, /* private anonymous */
	RBI_VMA_FILE, /* a file, private or shared */
	RBI_VMA_SHMEM, /* shared anonymous memory */
	RBI_VMA_VDSO, /* the vDSO with its data pages: arch_prctl(ARCH_MAP_VDSO_64) */
	RBI_VMA_KIND_COUNT
};

#define RBI_VMA_SHARED 1u /* MAP_SHARED, else MAP_PRIVATE */
#define RBI_VMA_GROWSDOWN 2u
#define RBI_VMA_NORESERVE 4u
#define RBI_VMA_STACK 8u
/* Advice, madvise(2). */
#define RBI_VMA_SEQUENTIAL 0x10u
#define RBI_VMA_RANDOM 0x20u
#define RBI_VMA_DONTFORK 0x40u
#define RBI_VMA_DONTDUMP 0x80u
#define RBI_VMA_WIPEONFORK 0x100u
#define RBI_VMA_MERGEABLE 0x200u
#define RBI_VMA_HUGEPAGE 0x400u
#define RBI_VMA_NOHUGEPAGE 0x800u
#define RBI_VMA_ADVICE 0xff0u
/* mlock2(2) */
#define RBI_VMA_LOCKED 0x1000u
#define RBI_VMA_LOCKONFAULT 0x2000u /* with LOCKED: pages as they are touched */
#define RBI_VMA_ALL_FLAGS 0x3fffu

struct rbi_vma {
	__u64 start; /* page-aligned */
	__u64 end; /* exclusive, page-aligned, at most 2^47 - 4096 */
	__u64 offset; /* into the backing, page-aligned; 0 for ANON and VDSO */
	__u32 prot; /* PROT_READ | PROT_WRITE | PROT_EXEC */
	__u32 flags; /* RBI_VMA_* flags */
	__u32 kind; /* enum rbi_vma_kind */
	__u32 backing; /* for FILE and SHMEM, else RBI_NONE */
};

/*
 * Consecutive pages with contents. For an mm, address is a virtual address
 * inside one private VMA; for a backing it is a byte offset inside it. Pages
 * that no run names read as zero (ANON, SHMEM) or as the file (FILE).
 */
struct rbi_run {
	__u64 address; /* page-aligned */
	__u64 pages; /* > 0 */
	__u64 offset; /* in the image file, page-aligned, inside the pages */
};

enum rbi_backing_kind {
	RBI_BACKING_FILE, /* a file that exists by its path */
	RBI_BACKING_SHMEM, /* shared anonymous memory */
	RBI_BACKING_MEMFD, /* memfd_create(2) */
	RBI_BACKING_DELETED, /* a regular file without a name any more */
	RBI_BACKING_KIND_COUNT
};

/*
 * What mappings are mappings of; one SHMEM used by two mms is shared memory.
 * A MEMFD or DELETED may be open, too, as one or more descriptions.
 */
struct rbi_backing {
	__u32 kind; /* enum rbi_backing_kind */
	__u32 path; /* string: path; the one that it had; name of a memfd; SHMEM: none */
	__u64 size; /* bytes; of FILE and SHMEM a multiple of the page size above 0 */
	__u32 run_first; /* contents, none for FILE */
	__u32 run_count;
	__u32 seals; /* F_SEAL_*, MEMFD only */
	__u32 mode; /* permission bits, MEMFD and DELETED only */
};

struct rbi_auxv {
	__u64 type; /* AT_*, getauxval(3) */
	__u64 value;
};

RBI_ASSERT_SIZE(rbi_mm, 120);
RBI_ASSERT_SIZE(rbi_vma, 40);
RBI_ASSERT_SIZE(rbi_run, 24);
RBI_ASSERT_SIZE(rbi_backing, 32);
RBI_ASSERT_SIZE(rbi_auxv, 16);

#endif
