// SPDX-License-Identifier: GPL-2.0
/*
 * Who creates whom, and how each task comes to its objects. A leader is created
 * by the leader of its parent, a thread by its leader; a creator has its own
 * objects before it creates.
 *
 * An object that only one task puts in place, and others inherit, need not be
 * in the pool. Where clone() makes a copy that is right or nearly so, it does.
 */
#include <linux/slab.h>

#include "errand.h"
#include "restart.h"

u32 restart_object_of(const struct rbi_task *task, enum restart_class cls)
{
	switch (cls) {
	case RESTART_CLASS_MM:
		return task->mm;
	case RESTART_CLASS_FILES:
		return task->files;
	case RESTART_CLASS_FS:
		return task->fs;
	default:
		return task->sighand;
	}
}

/* The task that creates it; RBI_NONE: the coordinator. */
u32 restart_creator(const struct restart_image *image, u32 task)
{
	const struct rbi_group *group = &image->groups[image->tasks[task].group];

	if (group->leader != task)
		return group->leader;
	return group->parent == RBI_NONE ? RBI_NONE : image->groups[group->parent].leader;
}

static bool same_table(const struct restart_image *image, u32 a, u32 b)
{
	const struct rbi_files *left = &image->files[a];
	const struct rbi_files *right = &image->files[b];

	return image->like[a] == image->like[b] ||
	       (left->fd_count == right->fd_count &&
		restart_same(image->fds + left->fd_first, image->fds + right->fd_first,
			     left->fd_count * sizeof(struct rbi_fd)));
}

static bool same_actions(const struct restart_image *image, u32 a, u32 b)
{
	const struct rbi_sighand *left = &image->sighands[a];
	const struct rbi_sighand *right = &image->sighands[b];

	return left->action_count == right->action_count &&
	       restart_same(image->actions + left->action_first,
			    image->actions + right->action_first,
			    left->action_count * sizeof(struct rbi_action));
}

/* Does the task put an object of that class in place, or inherit the right one? */
static bool puts_in_place(const struct restart *r, u32 i, enum restart_class cls)
{
	const struct rbi_task *task = &r->image.tasks[i];
	u32 creator = restart_creator(&r->image, i);

	if (cls == RESTART_CLASS_SIGHAND && !restart_is_leader(&r->image, i))
		return false; /* CLONE_THREAD: its group's, in any case */
	/* Optimistic tasks come with what is the coordinator's. */
	return r->optimistic || creator == RBI_NONE ||
	       restart_object_of(task, cls) != restart_object_of(&r->image.tasks[creator], cls);
}

static u8 choose(const struct restart *r, struct restart_task *t, enum restart_class cls)
{
	const struct rbi_task *task = restart_record(t);
	u32 creator = restart_creator(&r->image, t->index);
	u32 object = restart_object_of(task, cls);

	if (!puts_in_place(r, t->index, cls))
		return RESTART_KEEP;
	if (r->objects[cls][object].takers > 1)
		return RESTART_TAKE;
	if (r->optimistic)
		return RESTART_MAKE;
	switch (cls) {
	case RESTART_CLASS_FS:
		return RESTART_COPY;
	case RESTART_CLASS_SIGHAND:
		t->same_actions = creator != RBI_NONE &&
				  same_actions(&r->image, object, r->image.tasks[creator].sighand);
		return RESTART_COPY;
	case RESTART_CLASS_FILES:
		/* Never a copy of the coordinator's, or one to be emptied again. */
		return creator != RBI_NONE &&
				       same_table(&r->image, object, r->image.tasks[creator].files)
			       ? RESTART_COPY
			       : RESTART_MAKE;
	default:
		return RESTART_MAKE; /* a copy of an mm is a fork's, with all page tables */
	}
}

static int init_objects(struct restart *r, enum restart_class cls, u32 section)
{
	u32 i;

	r->objects[cls] = kvcalloc(r->image.count[section], sizeof(struct restart_object),
				   GFP_KERNEL_ACCOUNT);
	if (!r->objects[cls])
		return -ENOMEM;
	for (i = 0; i < r->image.count[section]; i++)
		mutex_init(&r->objects[cls][i].lock);
	for (i = 0; i < r->image.count[RBI_SEC_TASKS]; i++) {
		if (puts_in_place(r, i, cls))
			r->objects[cls][restart_object_of(&r->image.tasks[i], cls)].takers++;
		else
			r->inherited[cls]++;
	}
	return 0;
}

/* Children in the image's order: the list is built from its end. */
static void link_children(struct restart *r)
{
	u32 i = r->image.count[RBI_SEC_TASKS];

	while (i--) {
		u32 creator = restart_creator(&r->image, i);

		if (creator == RBI_NONE)
			continue;
		r->tasks[i].next_sibling = r->tasks[creator].first_child;
		r->tasks[creator].first_child = i;
	}
}

int restart_plan(struct restart *r)
{
	u32 i, cls;
	int err;

	r->tasks = kvcalloc(r->image.count[RBI_SEC_TASKS], sizeof(struct restart_task),
			    GFP_KERNEL_ACCOUNT);
	if (!r->tasks)
		return -ENOMEM;
	err = init_objects(r, RESTART_CLASS_MM, RBI_SEC_MMS) ?:
	      init_objects(r, RESTART_CLASS_FILES, RBI_SEC_FILES) ?:
	      init_objects(r, RESTART_CLASS_FS, RBI_SEC_FS) ?:
	      init_objects(r, RESTART_CLASS_SIGHAND, RBI_SEC_SIGHANDS);
	if (err)
		return err;
	for (i = 0; i < r->image.count[RBI_SEC_TASKS]; i++) {
		struct restart_task *t = &r->tasks[i];

		t->restart = r;
		t->index = i;
		t->first_child = t->next_sibling = RBI_NONE;
	}
	for (i = 0; i < r->image.count[RBI_SEC_TASKS]; i++)
		for (cls = 0; cls < RESTART_CLASS_COUNT; cls++)
			r->tasks[i].how[cls] = choose(r, &r->tasks[i], cls);
	for (i = 0; i < r->image.count[RBI_SEC_GROUPS]; i++)
		r->subreapers |= r->image.groups[i].flags & RBI_GROUP_SUBREAPER;
	link_children(r);
	return restart_errands_init(r) ?: restart_ghosts_init(r);
}

void restart_plan_free(struct restart *r)
{
	u32 cls;

	for (cls = 0; cls < RESTART_CLASS_COUNT; cls++) {
		kvfree(r->objects[cls]);
		r->objects[cls] = NULL;
	}
	restart_errands_free(r);
	kvfree(r->tasks);
	r->tasks = NULL;
}
