/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel module's checks of an image, as a function of user space. */
#ifndef RESTARTBENCH_FUZZ_MODULE_CHECKS_H
#define RESTARTBENCH_FUZZ_MODULE_CHECKS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the module says: its error, 0 or negative, and the place. */
struct module_verdict {
  int error;
  uint32_t section;
  uint32_t index;
  uint32_t field;
};

/*
 * @left: so many bytes can be read, though the file says that it has @size
 */
struct module_verdict check_by_module(const void* bytes, size_t size, size_t left);

#ifdef __cplusplus
}
#endif
#endif
