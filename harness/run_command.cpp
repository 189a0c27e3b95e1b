#include "harness/run_command.h"

#include <sys/resource.h>

#include <nlohmann/json.hpp>

#include "harness/cell_source.h"
#include "harness/counting.h"
#include "harness/cpu_policy.h"
#include "harness/fake_time.h"
#include "harness/interrupt.h"
#include "harness/json_results.h"
#include "harness/machine_context.h"
#include "harness/matrix.h"
#include "harness/results.h"
#include "harness/runner.h"
#include "harness/sections.h"
#include "harness/selection.h"
#include "harness/self_check.h"
#include "harness/settled_time.h"
#include "harness/table.h"
#include "harness/warnings/samples.h"

namespace rb {
namespace {

/// Takes the results to where the options want them.
class Output {
 public:
  Output(const RunOptions& options, const Streams& streams, const std::vector<Group>& matrix,
         nlohmann::ordered_json context)
      : options_(options),
        streams_(streams),
        table_(to_stdout() ? streams.err : streams.out, matrix, options.verify,
               options.clock == ClockKind::kInstructions),
        context_(std::move(context)),
        warnings_(context_warnings(context_)) {}

  /// A file that cannot be written is found out before anything is measured.
  Status begin() {
    say(warnings_);
    auto status = write_file({});
    if (!status) status.error().kind = ErrorKind::kUsage;
    return status;
  }

  Status group_done(const RunResult& run) {
    table_.print(run.groups.back());
    (to_stdout() ? streams_.err : streams_.out) << std::flush;  // for whoever ends this
    return write_file(run);
  }

  void end(const RunResult& run) {
    table_.print_legend();
    print_sections(to_stdout() ? streams_.err : streams_.out, run, options_);
    say(sample_warnings(run));
    if (to_stdout()) streams_.out << text(run);
    if (run.signal != 0) streams_.err << "bench: interrupted by signal " << run.signal << '\n';
  }

 private:
  void say(const std::vector<Warning>& warnings) const {
    for (const Warning& warning : warnings) {
      streams_.err << "bench: warning: " << describe(warning) << '\n';
    }
  }
  [[nodiscard]] bool to_stdout() const { return options_.out == "-"; }
  [[nodiscard]] std::string text(const RunResult& run) const {
    std::vector<Warning> warnings = warnings_;
    for (Warning& warning : sample_warnings(run)) warnings.push_back(std::move(warning));
    return to_text(results_json(run, context_, warnings, options_.verify, *options_.clock));
  }
  Status write_file(const RunResult& run) const {
    if (options_.out.empty() || to_stdout()) return {};
    return streams_.replace_file(options_.out, text(run));
  }

  const RunOptions& options_;
  const Streams& streams_;
  Table table_;
  nlohmann::ordered_json context_;
  std::vector<Warning> warnings_;
};

TimeSource& time_source(ClockKind clock, FakeTime& fake, SettledTime& instructions) {
  switch (clock) {
    case ClockKind::kWall:
      return monotonic_time();
    case ClockKind::kInstructions:
      return instructions;
    case ClockKind::kFake:
      break;
  }
  return fake;
}

/// Of the machine that the cells run on.
Result<nlohmann::ordered_json> context_of(const RunOptions& options, const Parts& parts,
                                          const std::vector<Group>& matrix) {
  if (parts.cells == nullptr) return machine_context(options, parts.guest);
  RB_TRY(parts.cells->begin(matrix));
  return parts.cells->context();
}

/// What bench itself opens at once, before any restart. Google Benchmark, which reads files
/// of /sys, ends the program without them.
Status check_descriptors() {
  constexpr rlim_t kLeast = 32;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= kLeast) return {};
  const rlimit higher = {kLeast, std::max(limit.rlim_max, kLeast)};
  if (::setrlimit(RLIMIT_NOFILE, &higher) == 0) return {};
  return fail(ErrorKind::kLacking, "RLIMIT_NOFILE is " + std::to_string(limit.rlim_max),
              "run with at least `ulimit -n " + std::to_string(kLeast) + "`");
}

/// One task a pinned CPU may create others, not one a CPU of the machine.
RunOptions pinned(RunOptions options) {
  unsigned& cpus = options.strategy_options.cpus;
  if (cpus == 0 && !options.pin.empty()) cpus = static_cast<unsigned>(options.pin.size());
  return options;
}

/// What --self-check tries if nothing is named: one strategy on one image.
std::vector<Group> to_check(std::vector<Group> matrix, const RunOptions& options) {
  if (options.workloads.empty() && options.images.empty()) matrix.resize(1);
  if (options.strategies.empty()) {
    for (Group& group : matrix) group.strategies.resize(1);
  }
  return matrix;
}

}  // namespace

Result<int> run_command(const RunOptions& given, const Parts& parts, const Streams& streams) {
  RB_TRY(check_descriptors());
  const RunOptions options = pinned(given);
  const auto strategies = select_with_peers(options, parts);
  if (!strategies) return tl::unexpected(strategies.error());
  const auto matrix = make_matrix(options, parts, *strategies);
  if (!matrix) return tl::unexpected(matrix.error());
  for (const Strategy* strategy : *strategies) {
    // Asked for by name: without it the comparison would not be the one that was asked for.
    const bool here = parts.cells == nullptr && strategy->kind == StrategyKind::kPeer;
    if (here) RB_TRY(parts.check_peer(*strategy));
  }
  // Who runs the cells counts, too.
  const auto counting =
      parts.cells != nullptr ? Result<Counting>(Counting()) : Counting::create(options, parts);
  if (!counting) return tl::unexpected(counting.error());
  RB_TRY(initialize_benchmark(options));

  // What runs elsewhere is bound there.
  const auto policy = parts.cells != nullptr ? CpuPolicy::apply({}, 0)
                                             : CpuPolicy::apply(options.pin, options.fifo);
  if (!policy) return tl::unexpected(policy.error());

  const InterruptGuard guard;
  FakeTime fake;
  SettledTime instructions(cycle_counter(), parts.settle);
  TimeSource& time = time_source(*options.clock, fake, instructions);
  if (options.self_check > 0) {
    return self_check(to_check(*matrix, options), options, parts, time, streams);
  }
  std::size_t cells = 0;
  for (const Group& group : *matrix) cells += group.strategies.size();
  auto context = context_of(options, parts, *matrix);
  if (!context) return tl::unexpected(std::move(context).error());
  Output output(options, streams, *matrix, std::move(*context));
  RB_TRY(output.begin());

  Progress progress(streams.progress, cells, "cells done");
  Status written;
  const RunResult run =
      run_matrix(*matrix, options, parts, *counting, time, progress, [&](const RunResult& so_far) {
        if (auto status = output.group_done(so_far); !status) written = std::move(status);
      });
  output.end(run);
  RB_TRY(written);
  const bool named = !options.strategies.empty() &&
                     std::find(options.strategies.begin(), options.strategies.end(), "all") ==
                         options.strategies.end();
  return exit_code_of(run, named);
}

}  // namespace rb
