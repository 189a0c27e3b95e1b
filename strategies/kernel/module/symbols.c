// SPDX-License-Identifier: GPL-2.0
/* Looks up what the kernel does not export. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kprobes.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "symbols.h"

#define X(function) DEFINE_STATIC_CALL_NULL(restart_##function, function);
RESTART_ALL_FUNCTIONS(X)
X(kallsyms_lookup_name)
#undef X

struct kmem_cache *restart_sighand_cache;
rwlock_t *restart_tasklist_lock;
int *restart_max_map_count;
int *restart_overcommit;
unsigned long *restart_huge_flags;

/* kallsyms_lookup_name() is hidden itself, but a kprobe can find it. */
static unsigned long find_lookup(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	unsigned long address;

	if (register_kprobe(&probe))
		return 0;
	/* Perhaps behind its ENDBR, which a direct call does not need. */
	address = (unsigned long)probe.addr;
	unregister_kprobe(&probe);
	return address;
}

/* Not __init, as a static call in a section that is freed would be patched. */
static noinline unsigned long look_up(const char *name, bool *complete)
{
	unsigned long address = static_call(restart_kallsyms_lookup_name)(name);

	if (!address) {
		pr_err("this kernel has no %s: it is too new, too old or was built without it\n",
		       name);
		*complete = false;
	}
	return address;
}

int restart_find_symbols(void)
{
	struct kmem_cache **sighand_cache;
	unsigned long address = find_lookup();
	bool complete = true;

	if (!address) {
		pr_err("cannot find kallsyms_lookup_name: CONFIG_KPROBES and CONFIG_KALLSYMS are needed\n");
		return -ENOENT;
	}
	static_call_update(restart_kallsyms_lookup_name, (void *)address);
#define X(function)                              \
	address = look_up(#function, &complete); \
	if (address)                             \
		static_call_update(restart_##function, (void *)address);
	RESTART_ALL_FUNCTIONS(X)
#undef X
	sighand_cache = (struct kmem_cache **)look_up("sighand_cachep", &complete);
	restart_tasklist_lock = (rwlock_t *)look_up("tasklist_lock", &complete);
	restart_max_map_count = (int *)look_up("sysctl_max_map_count", &complete);
	restart_overcommit = (int *)look_up("sysctl_overcommit_memory", &complete);
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
	restart_huge_flags = (unsigned long *)look_up("transparent_hugepage_flags", &complete);
#endif
	if (!complete)
		return -ENOENT;
	restart_sighand_cache = *sighand_cache;
	return 0;
}
