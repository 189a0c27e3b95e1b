#include "harness/bench.h"

#include <new>
#include <system_error>

#include "harness/capture_command.h"
#include "harness/cli.h"
#include "harness/coverage/command.h"
#include "harness/emulated_defaults.h"
#include "harness/exit_code.h"
#include "harness/image_commands.h"
#include "harness/interrupt.h"
#include "harness/list_command.h"
#include "harness/matrix.h"
#include "harness/objects/command.h"
#include "harness/program_images.h"
#include "harness/restart_command.h"
#include "harness/run_command.h"
#include "harness/selection.h"
#include "harness/where_to_run.h"

namespace rb {
namespace {

/// Runs whichever command the line named.
class Dispatcher {
 public:
  Dispatcher(const Parts& parts, const Streams& streams) : parts_(parts), streams_(streams) {}

  Result<int> operator()(const RunOptions& given) const {
    RunOptions options = given;
    if (!options.programs.empty() && options.vm.one_guest) {
      return fail(ErrorKind::kUsage, "--vm-one-guest cannot take a program:COMMAND",
                  "capture it to a file first, for --image");
    }
    const InterruptGuard guard;  // so that programs are ended, and their images removed
    const auto programs = ProgramImages::capture(options, parts_, streams_.err);
    if (interrupted_by() != 0) return interrupted();
    if (!programs) return tl::unexpected(programs.error());
    const Situation situation = situation_of(options.strategies, parts_);
    const auto decision = decide(options, situation);
    if (!decision) return tl::unexpected(decision.error());
    RunOptions decided = options;
    decided.clock = decision->clock;
    if (decision->place == Place::kVirtualMachine) {
      RB_TRY(check(options));
      return with_advice(
          parts_.run_cells_in_vm(decided, !situation.need_device.empty(), parts_, streams_),
          options, options.strategies);
    }
    if (decided.clock == ClockKind::kInstructions) {
      tell(use_emulated_defaults(decided, parts_));
    }
    return run_command(decided, parts_, streams_);
  }
  Result<int> operator()(const ListStrategies& options) const {
    return list_strategies(options, parts_, streams_.out);
  }
  Result<int> operator()(const ListWorkloads& options) const {
    return list_workloads(options, parts_, streams_.out);
  }
  Result<int> operator()(const ListCounters& options) const {
    return list_counters(options, parts_, streams_.out);
  }
  Result<int> operator()(const ImageWrite& options) const {
    return ok(image_write(options, parts_, streams_.out));
  }
  Result<int> operator()(const ImageShow& options) const {
    return ok(image_show(options, streams_.out));
  }
  Result<int> operator()(const ImageCheck& options) const {
    return ok(image_check(options, streams_.out));
  }
  Result<int> operator()(const CaptureOptions& options) const {
    const InterruptGuard guard;
    const Status status = capture_command(options, parts_, streams_.out);
    if (!status && interrupted_by() != 0) return interrupted();
    return ok(status);
  }
  Result<int> operator()(const RestartOptions& options) const {
    return restart_command(options, parts_, streams_);
  }
  Result<int> operator()(const CoverageOptions& options) const {
    RB_TRY(check_coverage(options, parts_));
    if (!options.restore) return coverage_command(options, parts_, streams_);
    const Situation situation = situation_of(options.strategies, parts_);
    const auto decision = decide(options, situation);
    if (!decision) return tl::unexpected(decision.error());
    if (decision->place == Place::kHere) return coverage_command(options, parts_, streams_);
    return run_in_vm(options, options.strategies, situation);
  }
  Result<int> operator()(const ObjectsOptions& options) const {
    Situation situation = situation_of({}, parts_);
    situation.left_out.clear();  // no strategy is run
    const auto decision = decide(options.run, situation);
    if (!decision) return tl::unexpected(decision.error());
    ObjectsOptions decided = options;
    decided.run.clock = decision->clock;
    if (decision->place == Place::kHere) return objects_command(decided, parts_, streams_);
    return run_in_vm(decided.run, {}, situation);
  }
  Result<int> operator()(const GuestOptions& options) const {
    return parts_.run_guest_command(options, streams_);
  }
  Result<int> operator()(const PrintText& options) const {
    streams_.out << options.text;
    return kExitOk;
  }

 private:
  /// Where to run, which people are told if it may surprise them.
  [[nodiscard]] Result<Decision> decide(const Invocation& options,
                                        const Situation& situation) const {
    auto decision = where_to_run(options, situation);
    if (decision) tell(decision->notice);
    return decision;
  }
  void tell(const std::string& notice) const {
    if (!notice.empty()) streams_.err << "bench: " << notice << std::endl;
  }

  [[nodiscard]] Result<int> run_in_vm(const Invocation& options,
                                      const std::vector<std::string>& strategies,
                                      const Situation& situation) const {
    return with_advice(parts_.run_in_vm(options, !situation.need_device.empty(), streams_), options,
                       strategies);
  }

  [[nodiscard]] Result<int> with_advice(Result<int> code, const Invocation& options,
                                        const std::vector<std::string>& strategies) const {
    if (code || code.error().kind != ErrorKind::kLacking || options.vm.wanted) return code;
    // Nobody asked for a virtual machine: there may be something else to do.
    if (const std::string here = runnable_here(strategies, parts_); !here.empty()) {
      std::string& advice = code.error().advice;
      advice += (advice.empty() ? "" : "; ") + ("what this kernel can run is --strategy " + here);
    }
    return code;
  }

  /// What is wrong with the command line is to be found out before a boot.
  [[nodiscard]] Status check(const RunOptions& options) const {
    const auto strategies = select_with_peers(options, parts_);
    const auto usage = [](const Error& error) { return error.kind == ErrorKind::kUsage; };
    if (!strategies && usage(strategies.error())) return tl::unexpected(strategies.error());
    // What this machine lacks for them, the other may have.
    const auto matrix = make_matrix(
        options, parts_,
        strategies
            ? *strategies
            : std::vector<const Strategy*>(parts_.strategies.begin(), parts_.strategies.end()));
    if (!matrix && usage(matrix.error())) return tl::unexpected(matrix.error());
    return {};
  }

  /// Before there was anything to measure.
  [[nodiscard]] int interrupted() const {
    streams_.err << "bench: interrupted by signal " << interrupted_by() << std::endl;
    return kExitSignal + interrupted_by();
  }

  static Result<int> ok(Status status) {
    return std::move(status).map([] { return static_cast<int>(kExitOk); });
  }

  const Parts& parts_;
  const Streams& streams_;
};

int report(const Error& error, std::ostream& err) {
  err << (error.kind == ErrorKind::kLacking ? "bench: skipped: " : "bench: ") << describe(error)
      << std::endl;
  return exit_code_of(error.kind);
}

}  // namespace

int run_bench(std::span<const char* const> arguments, const Parts& parts, const Streams& streams) {
  try {
    const auto command = parse_command_line(arguments, parts);
    if (!command) return report(command.error(), streams.err);
    const auto code = std::visit(Dispatcher(parts, streams), *command);
    streams.out << std::flush;
    if (!code) return report(code.error(), streams.err);
    // Without its output a run that went well is of no use to who reads it.
    if (*code == kExitOk && !streams.out) {
      return report({ErrorKind::kSystem, "cannot write to the standard output", {}}, streams.err);
    }
    return *code;
  } catch (const EnvironmentError& error) {
    return report(error.error(), streams.err);
  } catch (const std::bad_alloc&) {
    return report(
        {ErrorKind::kSystem, "there is not enough memory", "see ulimit -v and the cgroup's limit"},
        streams.err);
  } catch (const std::system_error& error) {  // std::thread's
    return report({ErrorKind::kSystem, error.what(), {}}, streams.err);
  }
}

}  // namespace rb
