#include "harness/bench.h"

#include "harness/cli.h"
#include "harness/coverage/command.h"
#include "harness/exit_code.h"
#include "harness/image_commands.h"
#include "harness/list_command.h"
#include "harness/run_command.h"

namespace rb {
namespace {

/// Runs whichever command the line named.
class Dispatcher {
 public:
  Dispatcher(const Parts& parts, const Streams& streams) : parts_(parts), streams_(streams) {}

  Result<int> operator()(const RunOptions& options) const {
    return run_command(options, parts_, streams_);
  }
  Result<int> operator()(const ListStrategies& options) const {
    return list_strategies(options, parts_, streams_.out);
  }
  Result<int> operator()(const ListWorkloads& options) const {
    return list_workloads(options, parts_, streams_.out);
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
  Result<int> operator()(const CoverageOptions& options) const {
    return coverage_command(options, parts_, streams_);
  }
  Result<int> operator()(const PrintText& options) const {
    streams_.out << options.text;
    return kExitOk;
  }

 private:
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
  }
}

}  // namespace rb
