/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RESTART_DEVICE_H
#define RESTART_DEVICE_H

#include <linux/fs.h>

bool restart_is_device(const struct file *file);

#endif
