#include "harness/objects/command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "base/fd.h"
#include "harness/clock_names.h"
#include "harness/exit_code.h"
#include "harness/fake_time.h"
#include "harness/format.h"
#include "harness/machine_context.h"
#include "harness/objects/cost_json.h"
#include "harness/objects/cost_report.h"
#include "harness/objects/measure.h"

namespace rb {
namespace {

using Json = nlohmann::ordered_json;

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string read_all(const Fd& fd) {
  std::string text;
  char part[4096];
  for (ssize_t size = 0; (size = ::read(fd.get(), part, sizeof part)) != 0;) {
    if (size > 0) text.append(part, static_cast<std::size_t>(size));
    if (size < 0 && errno != EINTR) break;
  }
  return text;
}

/// In a process of its own, which may make itself small, and whose memory is nothing but
/// what is measured.
Result<std::vector<ObjectCost>> measure_apart(const ObjectsOptions& options, TimeSource& time,
                                              const GetAndPut& get_and_put) {
  int ends[2];
  // On a number that stays open when the child makes itself small.
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("pipe2");
  const Fd from_child(ends[0]);
  Fd to_parent(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return fail_errno("fork");
  if (child == 0) {
    ::signal(SIGINT, SIG_DFL);
    ::signal(SIGTERM, SIG_DFL);
    ::dup2(to_parent.get(), STDOUT_FILENO);
    const auto costs = measure_objects(options.sizes, time, get_and_put);
    write_all(STDOUT_FILENO, costs ? costs_json(*costs).dump() : describe(costs.error()));
    ::_exit(costs ? 0 : 1);
  }
  to_parent.reset();
  const std::string text = read_all(from_child);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status)) return fail(ErrorKind::kSystem, "the process that measures was killed");
  if (WEXITSTATUS(status) != 0) return fail(ErrorKind::kSystem, "cannot measure: " + text);
  return parse_costs(Json::parse(text));
}

}  // namespace

Result<int> objects_command(const ObjectsOptions& options, const Parts& parts,
                            const Streams& streams) {
  const bool instructions = options.run.clock == ClockKind::kInstructions;
  FakeTime fake_time;
  const bool fake = options.run.clock == ClockKind::kFake;
  TimeSource& time = fake ? fake_time : instructions ? cycle_counter() : monotonic_time();
  const auto costs = measure_apart(
      options, time, fake ? [](unsigned, unsigned) { return Status(); } : device_references());
  if (!costs) return tl::unexpected(costs.error());
  const Scale scale = instructions ? Scale::kInstructions : Scale::kTime;
  const bool to_stdout = options.run.out == "-";
  print_costs(to_stdout ? streams.err : streams.out, *costs, scale);
  if (options.run.out.empty()) return kExitOk;
  const Json document = {{"context", machine_context(options.run, parts.guest)},
                         {"objects", costs_json(*costs)}};
  if (to_stdout) {
    streams.out << to_text(document);
  } else {
    RB_TRY(streams.replace_file(options.run.out, to_text(document)));
  }
  return kExitOk;
}

}  // namespace rb
