#include "harness/counters/rcu.h"

#include <fcntl.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/fd.h"

namespace rb {
namespace {

constexpr const char* kBarrier = "/sys/module/rcutree/parameters/do_rcu_barrier";
constexpr auto kCallbacks = std::chrono::milliseconds(60);

}  // namespace

void wait_for_rcu_callbacks() {
  const Fd barrier(::open(kBarrier, O_WRONLY | O_CLOEXEC));
  // The write returns once they have run.
  if (barrier.valid() && ::write(barrier.get(), "1", 1) == 1) return;
  ::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
  std::this_thread::sleep_for(kCallbacks);
}

}  // namespace rb
