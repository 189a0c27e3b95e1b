#include "harness/vm/settle.h"

#include <fcntl.h>
#include <linux/random.h>
#include <sys/io.h>
#include <sys/ioctl.h>

#include <ctime>
#include <memory>
#include <utility>

#include "base/fd.h"
#include "harness/vm/kernel_memory.h"
#include "harness/vm/own_memory.h"
#include "harness/vm/page_lists.h"

namespace rb::vm {
namespace {

/// Grace periods of RCU, what they free, and the work queues that free the rest; and more
/// than a second, as from then on the next interrupt feeds the random number generator, which
/// is to be over. In an emulated machine waiting costs nothing: the clock skips it.
constexpr timespec kQuiet{1, 100'000'000};
constexpr timespec kShort{0, 10'000'000};

/// A multiple of the timer interrupt's period of 4 ms and of the scheduler's 1.024 ms,
/// by which it lets the load of tasks decay.
constexpr long kPhaseNs = 128'000'000;
constexpr long kAfterTickNs = 500'000;

constexpr unsigned short kPitChannel0 = 0x40;

struct State {
  KernelMemory kernel;
  PageLists pages;
  HeapFilling heap;
  Fd random;
};
State* state = nullptr;  // as long as the process

void wait_for_phase() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  constexpr long kSecond = 1'000'000'000;
  const long now = time.tv_sec * kSecond + time.tv_nsec;
  const long then = (now / kPhaseNs + 2) * kPhaseNs + kAfterTickNs;
  time = {then / kSecond, then % kSecond};
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr);
}

/// The kernel has set the PC's timer to the next tick, once. Here it is set anew to the
/// most, 65,536 periods or 55 ms. The kernel notices when it sets the timer for itself,
/// for an earlier event or from its idle loop, so nothing can hang.
void put_off_tick() {
  // Only for the moment: a task with access to ports is slower to switch to.
  if (::ioperm(kPitChannel0, 1, 1) != 0) return;
  outb(0xff, kPitChannel0);
  outb(0xff, kPitChannel0);
  ::ioperm(kPitChannel0, 1, 0);
}

}  // namespace

Status prepare_settling() {
  steady_malloc();
  auto kernel = KernelMemory::create();
  if (!kernel) return tl::unexpected(std::move(kernel).error());
  auto pages = PageLists::create();
  if (!pages) return tl::unexpected(std::move(pages).error());
  Fd random(::open("/dev/urandom", O_RDWR | O_CLOEXEC));
  if (!random.valid()) return fail_errno("cannot open /dev/urandom");
  if (::ioctl(random.get(), RNDRESEEDCRNG) != 0) return fail_errno("RNDRESEEDCRNG");
  if (::ioperm(kPitChannel0, 1, 1) != 0) return fail_errno("ioperm");
  ::ioperm(kPitChannel0, 1, 0);
  state = new State{std::move(*kernel), std::move(*pages), {}, std::move(random)};
  return {};
}

void settle() {
  if (state == nullptr) return;
  state->pages.release();
  ::nanosleep(&kQuiet, nullptr);
  state->kernel.pin();
  touch_memory(state->pages.room());
  state->heap.renew();
  state->pages.pin();
  ::nanosleep(&kShort, nullptr);  // what the above has woken
  wait_for_phase();
  // Random numbers come in batches, and from a new key each minute; what they are made of
  // is hashed in blocks, to which each task that ends adds. Begin all of it anew.
  ::ioctl(state->random.get(), RNDRESEEDCRNG);
  put_off_tick();
}

}  // namespace rb::vm
