#include "harness/counters/busy_cpus.h"

#include <sched.h>

#include <csignal>

namespace rb {

BusyCpus::BusyCpus() {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);  // which the threads inherit
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) threads_.emplace_back([this, cpu] { run(cpu); });
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

BusyCpus::~BusyCpus() {
  set(kOver);
  for (std::thread& thread : threads_) thread.join();
}

void BusyCpus::start() { set(kBusy); }

void BusyCpus::stop() { set(kAsleep); }

void BusyCpus::set(State state) {
  state_.store(state);
  state_.notify_all();
}

void BusyCpus::run(std::size_t cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  ::sched_setaffinity(0, sizeof one, &one);
  const sched_param none{};
  ::sched_setscheduler(0, SCHED_IDLE, &none);
  for (int state = kAsleep; state != kOver; state = state_.load()) {
    if (state == kAsleep) state_.wait(kAsleep);
  }
}

}  // namespace rb
