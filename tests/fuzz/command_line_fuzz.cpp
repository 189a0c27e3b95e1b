// Any arguments: a command or one error of usage; the same for what --workload takes.
#include <cstdlib>
#include <string>

#include "harness/cli.h"
#include "harness/workload_spec.h"
#include "workloads/registry.h"

namespace {

[[noreturn]] void wrong(const char* what) {
  fprintf(stderr, "%s\n", what);
  std::abort();
}

void expand_workloads(const std::string& text) {
  const auto requests = rb::parse_workloads(text, rb::workloads());
  if (!requests) {
    if (requests.error().kind != rb::ErrorKind::kUsage) wrong("not an error of usage");
    return;
  }
  std::size_t cells = 1;
  for (const rb::WorkloadRequest& request : *requests) {
    for (const rb::Sweep& sweep : request.sweeps) cells *= sweep.values.size();
    if (cells > 1000) return;  // as asked for
    (void)rb::expand(request, 1);
  }
}

}  // namespace

/// Arguments are separated by newlines.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> arguments = {"bench"};
  std::string argument;
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] == 0) return 0;  // no argument has it
    if (data[i] == '\n') {
      arguments.push_back(std::move(argument));
      argument.clear();
    } else {
      argument.push_back(static_cast<char>(data[i]));
    }
  }
  arguments.push_back(argument);
  std::vector<const char*> pointers;
  for (const std::string& text : arguments) pointers.push_back(text.c_str());

  rb::Parts parts{};
  parts.strategies = rb::strategies();
  parts.workloads = rb::workloads();
  parts.default_workloads = "threads";
  const auto command = rb::parse_command_line(pointers, parts);
  if (!command) {
    if (command.error().kind != rb::ErrorKind::kUsage || command.error().message.empty())
      wrong("not an error of usage");
  }
  expand_workloads(arguments.back());
  return 0;
}
