#include "harness/interrupt.h"

#include "base/error.h"

namespace rb {
namespace {

volatile sig_atomic_t interrupting_signal = 0;
volatile sig_atomic_t again = 0;
volatile sig_atomic_t continued = 0;
int guards = 0;

void remember(int signal) {
  if (interrupting_signal == 0) {
    interrupting_signal = signal;
  } else {
    again = 1;
  }
}
void nothing(int /*signal*/) {}
void count(int /*signal*/) { continued = continued + 1; }

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
    again = 0;
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

bool interrupted_again() { return again != 0; }

int times_continued() { return continued; }

}  // namespace rb
