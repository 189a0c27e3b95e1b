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
#include "harness/format.h"
#include "harness/machine_context.h"
#include "harness/objects/cost_json.h"
#include "harness/objects/measure.h"
#include "harness/text_table.h"

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
Result<std::vector<ObjectCost>> measure_apart(const ObjectsOptions& options, TimeSource& time) {
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
    const auto costs = measure_objects(options.sizes, time);
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

void print_costs(std::ostream& out, const std::vector<ObjectCost>& costs, Scale scale) {
  const auto amount = [scale](double value) {
    return value < 0 ? "-" + format_amount(-value, scale) : format_amount(value, scale);
  };
  TextTable table(2);
  table.add({"object", "size", "create", "spread", "destroy", "spread", "new", "reference"});
  for (const ObjectCost& cost : costs) {
    const Spread make = make_cost(cost);
    const Spread end = end_cost(cost);
    table.add({cost.object, size_text(cost.size), amount(make.median), amount(make.deviation),
               amount(end.median), amount(end.deviation), amount(own_total(cost)),
               cost.reference.empty() ? "-" : amount(reference_total(cost))});
  }
  table.print(out);
  out << "\nnew        creating and destroying a task (of fd, pipe, vma, page: the thing itself)\n"
         "           that has an object of its own\n"
         "reference  the same with a reference to one that is there already\n"
         "create     what a new one takes more than a reference, to create, and to destroy;\n"
         "           of task and thread, which share all they can: what they take at all\n"
         "spread     median absolute deviation of the pairs' differences\n";
}

}  // namespace

Result<int> objects_command(const ObjectsOptions& options, const Parts& parts,
                            const Streams& streams) {
  const bool instructions = options.run.clock == ClockKind::kInstructions;
  const auto costs = measure_apart(options, instructions ? cycle_counter() : monotonic_time());
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
