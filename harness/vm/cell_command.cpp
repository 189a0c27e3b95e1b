#include "harness/vm/cell_command.h"

#include <fmt/format.h>

namespace rb::vm {
namespace {

std::string workload_argument(const ImageSource& source) {
  std::string argument = fmt::format("--workload={}", source.workload->name);
  for (const auto& [name, value] : source.values) argument += fmt::format(":{}={}", name, value);
  return argument;
}

}  // namespace

std::vector<std::string> cell_command(const ImageSource& source, const Strategy& strategy,
                                      const RunOptions& options) {
  const bool peer = strategy.kind == StrategyKind::kPeer;
  std::vector<std::string> command = {
      "bench", peer ? "--strategy=none" : fmt::format("--strategy={}", strategy.name)};
  if (peer) command.push_back(fmt::format("--peer={}", strategy.name));
  command.push_back(source.workload != nullptr ? workload_argument(source)
                                               : "--image=" + source.path);
  command.insert(command.end(), options.measuring.begin(), options.measuring.end());
  if (source.creator) {
    command.push_back(fmt::format("--creator-fds={}", source.creator->descriptors));
    command.push_back(fmt::format("--creator-memory={}", source.creator->memory));
  }
  command.insert(command.end(), options.benchmark_flags.begin(), options.benchmark_flags.end());
  command.insert(command.end(), {"--clock=instructions", "--out=results.json"});
  return command;
}

}  // namespace rb::vm
