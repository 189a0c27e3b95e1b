/* SPDX-License-Identifier: MIT */
/* Filling many fresh pages: of the restorer, and of the reference that is compared with it. */
#ifndef RESTARTBENCH_RESTORER_BULK_H
#define RESTARTBENCH_RESTORER_BULK_H

#include <linux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* From so many bytes on it is done: 64 pages take 85 k instructions less than by populating them.
 */
#define RST_FILL_ABSENT_MIN (1ul << 18)

/*
 * Copies into pages that are not there yet, and returns for how many bytes it did: fewer than
 * size where the kernel has no userfaultfd(2), memory is neither anonymous nor shmem, or a page
 * is there already. Takes the lowest free descriptor for that time.
 */
__u64 fill_absent(__u64 address, __u64 size, __u64 source);

#ifdef __cplusplus
}
#endif

#endif
