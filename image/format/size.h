/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* That a record is as long as other compilers make it. Part of image/format.h. */
#ifndef RESTARTBENCH_IMAGE_FORMAT_SIZE_H
#define RESTARTBENCH_IMAGE_FORMAT_SIZE_H

#ifdef __cplusplus
#define RBI_ASSERT_SIZE(type, size) static_assert(sizeof(struct type) == (size), #type)
#else
#define RBI_ASSERT_SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type)
#endif

#endif
