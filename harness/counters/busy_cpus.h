// Keeps processors from being idle.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

namespace rb {

/// A thread on each CPU that this process may run on, which uses what nobody else wants
/// (SCHED_IDLE). What the kernel does from its idle tasks, such as RCU callbacks, perf does
/// not always record: under 6.18 some bursts of frees are missing there, which ftrace has.
class BusyCpus {
 public:
  /// Makes the threads, which sleep until start(). They take no signals.
  BusyCpus();
  BusyCpus(const BusyCpus&) = delete;
  BusyCpus& operator=(const BusyCpus&) = delete;
  ~BusyCpus();

  void start();
  void stop();

 private:
  enum State : int { kAsleep, kBusy, kOver };
  void run(std::size_t cpu);
  void set(State state);

  std::atomic<int> state_ = kAsleep;
  std::vector<std::thread> threads_;
};

}  // namespace rb
