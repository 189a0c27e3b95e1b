// SPDX-License-Identifier: GPL-2.0
/* /dev/restart: the device and its ioctls. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>
#include <linux/wait_bit.h>

#include "device.h"
#include "errand.h"
#include "restart.h"
#include "restart_refer.h"
#include "symbols.h"

static const struct file_operations restart_fops;

bool restart_is_device(const struct file *file)
{
	return file->f_op == &restart_fops;
}

void restart_put_object(enum restart_class cls, void *object)
{
	switch (cls) {
	case RESTART_CLASS_MM:
		mmput(object);
		break;
	case RESTART_CLASS_FILES:
		HIDDEN(put_files_struct)(object);
		break;
	case RESTART_CLASS_FS:
		restart_put_fs(object);
		break;
	default:
		HIDDEN(__cleanup_sighand)(object);
	}
}

static int load(struct restart *r, void __user *argument)
{
	struct restart_fault fault = RESTART_NO_FAULT;
	struct restart_load load;
	int err;

	if (!checkpoint_restore_ns_capable(task_active_pid_ns(current)->user_ns))
		return -EPERM;
	if (copy_from_user(&load, argument, sizeof(load)))
		return -EFAULT;
	if (load.size != sizeof(load) || load.version != RESTART_API_VERSION ||
	    load.flags & ~RESTART_OPTIMISTIC || load.reserved)
		return -EINVAL;
	if (r->state != RESTART_EMPTY)
		return -EBUSY;
	err = restart_load(r, &load, &fault);
	if (!restart_refuse(r, err, &fault))
		smp_store_release(&r->state, RESTART_LOADED); /* tasks may come */
	return err;
}

static int give_files(struct restart *r, void __user *argument)
{
	struct restart_fault fault = RESTART_NO_FAULT;
	struct restart_files files;
	int err;

	if (copy_from_user(&files, argument, sizeof(files)))
		return -EFAULT;
	if (r->state != RESTART_LOADED)
		return -EBADFD;
	err = restart_give(r, &files, &fault);
	return restart_refuse(r, err, &fault);
}

/* After a failure: until all tasks are on their way out. */
static void await_end(struct restart *r)
{
	wait_var_event(&r->holders, atomic_read(&r->holders) == 1);
}

static int make_tree(struct restart *r)
{
	sigset_t old;
	int err = 0;

	restart_block_all(&old);
	if (!r->optimistic)
		err = restart_create(&r->tasks[0]);
	err = restart_await(r);
	if (!err && r->errands)
		err = restart_send_out(r) ?: restart_unveil(r);
	if (!err && (r->move_count || r->image.count[RBI_SEC_PTYS])) {
		err = restart_move_groups(r) ?: restart_settle_terminals(r);
		WRITE_ONCE(r->ready_ns, ktime_get_ns());
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return err;
}

static int run(struct restart *r)
{
	struct restart_fault fault = RESTART_NO_FAULT;
	int err;

	if (r->state != RESTART_LOADED)
		return -EBADFD;
	/* Tasks are looked up by number where the coordinator was when it loaded. */
	if (current->nsproxy->pid_ns_for_children != r->pids)
		return -EPERM;
	err = restart_given_complete(r, &fault);
	if (restart_refuse(r, err, &fault))
		return err;
	WRITE_ONCE(r->state, RESTART_RUNNING);
	err = restart_summon_ghosts(r) ?: make_tree(r);
	if (err)
		await_end(r);	 /* optimistic tasks may be using what is dropped */
	restart_drop_objects(r); /* the write end of a pipe must not live on here */
	WRITE_ONCE(r->state, err ? RESTART_FAILED : RESTART_READY);
	return err;
}

static int release_tasks(struct restart *r)
{
	if (r->state != RESTART_READY)
		return restart_error(r) ?: -EBADFD;
	restart_part(r);
	if (!restart_commit(r))
		return restart_error(r);
	WRITE_ONCE(r->state, RESTART_RELEASED);
	return 0;
}

static int status(struct restart *r, struct restart_status __user *argument)
{
	struct restart_status status;
	u32 size;

	if (get_user(size, &argument->size))
		return -EFAULT;
	if (size != sizeof(status))
		return -EINVAL;
	restart_fill_status(r, &status);
	return copy_to_user(argument, &status, sizeof(status)) ? -EFAULT : 0;
}

static int refer(struct file *file, void __user *argument)
{
	struct restart_refer refer;

	if (copy_from_user(&refer, argument, sizeof(refer)))
		return -EFAULT;
	return restart_refer(file, &refer);
}

/* Those that only the coordinator may call, one at a time. */
static int coordinate(struct restart *r, unsigned int command, void __user *argument)
{
	int err;

	if (mutex_lock_killable(&r->lock))
		return -EINTR;
	if (command != RESTART_LOAD && r->coordinator != current)
		err = r->coordinator ? -EPERM : -EBADFD;
	else if (command == RESTART_LOAD)
		err = load(r, argument);
	else if (command == RESTART_GIVE_FILES)
		err = give_files(r, argument);
	else if (command == RESTART_RUN)
		err = run(r);
	else
		err = release_tasks(r);
	mutex_unlock(&r->lock);
	return err;
}

/* RUN, and what became of it. Whoever is told of an error need not end a tree. */
static int run_and_tell(struct restart *r, struct restart_status __user *argument)
{
	int err = status(r, argument); /* an unusable argument is found before */

	if (err)
		return err;
	err = coordinate(r, RESTART_RUN, argument);
	if (!status(r, argument))
		return err;
	if (!err) {
		restart_fail(r, -EFAULT, RESTART_AT_BARRIER, RBI_NONE);
		await_end(r);
	}
	return -EFAULT;
}

static long restart_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct restart *r = file->private_data;
	void __user *pointer = (void __user *)argument;

	switch (command) {
	case RESTART_RUN:
		return run_and_tell(r, pointer);
	case RESTART_LOAD:
	case RESTART_GIVE_FILES:
	case RESTART_RELEASE:
		return coordinate(r, command, pointer);
	case RESTART_STATUS:
		return status(r, pointer);
	case RESTART_REFER:
		return refer(file, pointer);
	}

	/* Pairs with the release at the end of loading: a task finds the whole image. */
	if (smp_load_acquire(&r->state) == RESTART_EMPTY)
		return command == RESTART_ABORT || command == RESTART_ATTACH ||
				       command == RESTART_ATTACH_SIGHAND
			       ? -EBADFD
			       : -ENOTTY;
	switch (command) {
	case RESTART_ABORT:
		restart_fail(r, -ECANCELED, RESTART_AT_BARRIER, RBI_NONE);
		return 0;
	case RESTART_ATTACH_SIGHAND:
		return restart_attach_sighand(r, file, argument);
	case RESTART_ATTACH:
		return restart_attach(r, file, argument);
	default:
		return -ENOTTY;
	}
}

static int restart_open(struct inode *inode, struct file *file)
{
	file->private_data = restart_new();
	return file->private_data ? 0 : -ENOMEM;
}

static int restart_release(struct inode *inode, struct file *file)
{
	struct restart *r = file->private_data;

	restart_fail(r, -EOWNERDEAD, RESTART_AT_BARRIER, RBI_NONE); /* unless committed */
	restart_put(r);
	return 0;
}

static const struct file_operations restart_fops = {
	.owner = THIS_MODULE,
	.open = restart_open,
	.release = restart_release,
	.unlocked_ioctl = restart_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice restart_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "restart",
	.fops = &restart_fops,
	.mode = 0600,
};

static int __init restart_init(void)
{
	int err = restart_find_symbols();

	if (!err && !tsc_khz) {
		pr_err("cannot measure: this kernel does not know how fast the TSC is\n");
		err = -ENODEV;
	}
	return err ?: misc_register(&restart_device);
}

static void __exit restart_exit(void)
{
	misc_deregister(&restart_device);
	synchronize_rcu_tasks(); /* the last task has left our code */
}

module_init(restart_init);
module_exit(restart_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Restarts checkpointed process trees");
MODULE_VERSION("1");
