// SPDX-License-Identifier: GPL-2.0
#include "tests/fuzz/module_checks.h"

#include "strategies/kernel/module/check.h"

static struct shim_fpstate fpstate = { .user_xfeatures = 7 };
static struct shim_task task = { .thread.fpu.fpstate = &fpstate };
struct shim_task *current = &task;

static struct file image_file;

struct file *fget(unsigned int fd)
{
	(void)fd;
	return &image_file;
}

void fput(struct file *file)
{
	(void)file;
}

ssize_t kernel_read(struct file *file, void *buffer, size_t size, loff_t *position)
{
	u64 at = (u64)*position;

	if (at >= file->left)
		return 0;
	size = min_t(size_t, size, file->left - at);
	memcpy(buffer, file->bytes + at, size);
	*position += (loff_t)size;
	return (ssize_t)size;
}

struct module_verdict check_by_module(const void *bytes, size_t size, size_t left)
{
	static const struct file_operations operations = { .read_iter = &image_file };
	struct restart_image image = { 0 };
	struct restart_fault fault;
	int error;

	image_file = (struct file){ .inode.size = size,
				    .f_mode = FMODE_READ,
				    .f_op = &operations,
				    .bytes = bytes,
				    .left = left };
	error = restart_image_read(&image, 0, &fault);
	if (!error)
		error = restart_check_image(&image, &fault);
	restart_image_free(&image);
	return (struct module_verdict){ error, fault.section, fault.index, fault.field };
}
