// Waits for what the kernel frees later.
#pragma once

namespace rb {

/// Waits until RCU callbacks that are queued on any CPU have run: what they free is free. A
/// callback may queue another one, as that of a task does. Of newer kernels (6.12, not 6.1) root
/// can ask exactly this: rcutree.do_rcu_barrier in Documentation/admin-guide/kernel-parameters.txt.
/// Elsewhere waits for a grace period and 60 ms, which is enough unless the machine is busy.
void wait_for_rcu_callbacks();

}  // namespace rb
