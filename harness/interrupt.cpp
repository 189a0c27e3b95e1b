#include "harness/interrupt.h"

#include <atomic>

#include "base/error.h"

namespace rb {
namespace {

// Written by handlers, in whatever thread the kernel chooses, and read in several.
std::atomic<int> interrupting_signal = 0;
std::atomic<bool> again = false;
std::atomic<int> continued = 0;
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);
int guards = 0;

void remember(int signal) {
  int none = 0;
  if (!interrupting_signal.compare_exchange_strong(none, signal)) again = true;
}
void nothing(int /*signal*/) {}
void count(int /*signal*/) { ++continued; }

struct Handled {
  int signal;
  void (*handler)(int);
};
constexpr std::array<Handled, 5> kHandled = {{{SIGINT, remember},
                                              {SIGTERM, remember},
                                              {SIGHUP, remember},
                                              {SIGPIPE, nothing},
                                              {SIGCONT, count}}};

}  // namespace

InterruptGuard::InterruptGuard() {
  static_assert(kHandled.size() == kSignals);
  if (guards++ == 0) {  // a signal that an outer one saw stays seen
    interrupting_signal = 0;
    again = false;
  }
  for (std::size_t i = 0; i < kSignals; ++i) {
    struct sigaction action {};
    action.sa_handler = kHandled[i].handler;
    // The restart at hand is to be finished, not to fail with EINTR.
    action.sa_flags = SA_RESTART;
    RB_ASSERT(::sigaction(kHandled[i].signal, &action, &before_[i]) == 0);
  }
}

InterruptGuard::~InterruptGuard() {
  --guards;
  for (std::size_t i = 0; i < kSignals; ++i) ::sigaction(kHandled[i].signal, &before_[i], nullptr);
}

int interrupted_by() { return interrupting_signal; }

bool interrupted_again() { return again; }

int times_continued() { return continued; }

}  // namespace rb
