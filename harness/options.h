// What the command line asks for, as values.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "harness/invocation.h"
#include "harness/live_options.h"
#include "harness/objects/measure.h"
#include "strategies/strategy.h"

namespace rb {

/// Which restarts of a cell are verified.
enum class VerifyMode {
  kAll,     ///< One before timing, and every timed one.
  kSample,  ///< One before timing, and one in every repetition.
  kFirst,   ///< One before timing only.
  kNone,    ///< None; the table and the results say so.
};

/// Which of the defaults the command line changed.
struct Chosen {
  bool repetitions = false;
  bool min_time = false;
  bool max_time = false;
};

/// Time restarts: bench without a subcommand.
struct RunOptions : Invocation {
  std::vector<std::string> strategies;  ///< names, "all" or "none"; empty = all
  std::vector<std::string> peers;       ///< names
  std::string workloads;                ///< grammar of workload_spec.h; empty = default
  std::vector<std::string> programs;    ///< shell commands to run, capture and restart
  Readiness ready;                      ///< of each of them
  /// Of images that have a better name than their path: path and name.
  std::vector<std::pair<std::string, std::string>> image_names;
  int repetitions = 0;             ///< rounds; 0 = until the precision or the time is reached
  double precision = 0.02;         ///< half the width of intervals, as a share of the ratio
  double min_time_s = 0.002;       ///< of restarting, per cell and round
  double max_time_s = 1.25;        ///< of all rounds, per cell
  std::size_t least_restarts = 1;  ///< per cell and round, if the time is enough for them
  Chosen chosen;
  std::string filter;  ///< cells to run, by name: filter.h
  VerifyMode verify = VerifyMode::kSample;
  int self_check = 0;         ///< tries of --self-check; 0 = time as usual
  std::vector<unsigned> pin;  ///< CPUs that all tasks are bound to; empty = any
  int fifo = 0;               ///< priority of SCHED_FIFO for all tasks; 0 = not
  StrategyOptions strategy_options;
  std::vector<std::uint32_t> creator_fds;     ///< sizes of the creator; empty = small
  std::vector<std::uint64_t> creator_memory;  ///< bytes; empty = none
  std::vector<std::string> counters;          ///< what to count: names and "all"; empty = nothing
  bool ledger = false;                        ///< account for the kernel objects made
  bool stages = false;                        ///< print where the time went
  std::vector<std::string> benchmark_flags;   ///< --benchmark_… for Google Benchmark
  /// What was given on the command line of how a cell is measured, in one order and spelling:
  /// not what chooses cells, the machine or the output.
  std::vector<std::string> measuring;
};

struct ListStrategies {
  bool json = false;
};
struct ListWorkloads {
  bool json = false;
};
struct ListCounters {
  bool json = false;
};
struct ImageWrite {
  std::string workload;
  std::string out;
  std::uint64_t seed = 1;
};
struct ImageShow {
  std::string path;
  bool json = false;
  bool verbose = false;
};
struct ImageCheck {
  std::string path;
};
/// More processes than that have too many graphs to go through.
inline constexpr int kMaxCoverageTasks = 4;
/// And too many to restart each one.
inline constexpr int kMaxRestoredTasks = 3;
/// Random graphs are drawn from a list of all partitions of so many tasks.
inline constexpr int kMaxRandomTasks = 10;

/// Count the sharing graphs that each strategy restores.
struct CoverageOptions : Invocation {
  std::vector<std::string> strategies;  ///< to restart with: names and "all"; empty = all
  int tasks = 3;                        ///< of each graph, at least
  int most_tasks = 3;                   ///< ... and at most
  std::size_t random = 0;               ///< so many random graphs; 0 = each one
  bool threads = false;                 ///< some of their tasks are threads
  bool restore = false;                 ///< really restart each one
  bool json = false;
};
/// Measure what kernel objects cost.
struct ObjectsOptions {
  RunOptions run;  ///< where, on which clock, and --out
  ObjectSizes sizes;
};
/// Run a command in a virtual machine that has this machine's files.
struct GuestOptions : Invocation {
  std::vector<std::string> command;  ///< and its arguments
  std::string root = "/";            ///< the directory that is its root
  unsigned limit_s = 3600;           ///< of all, after which it is stopped
};
/// --help and --version.
struct PrintText {
  std::string text;
};

using Command = std::variant<RunOptions, ListStrategies, ListWorkloads, ListCounters, ImageWrite,
                             ImageShow, ImageCheck, CaptureOptions, RestartOptions, CoverageOptions,
                             ObjectsOptions, GuestOptions, PrintText>;

}  // namespace rb
