// A cell's own command line and machine.
#include <array>
#include <catch2/catch.hpp>

#include "harness/bench.h"
#include "harness/cli.h"
#include "harness/names.h"
#include "harness/vm/cell_command.h"
#include "harness/vm/guest_memory.h"
#include "strategies/strategy.h"
#include "workloads/workload.h"

namespace {

using Words = std::vector<std::string>;

/// Of the last cell of a command line.
Words command_of(std::vector<const char*> arguments) {
  rb::Parts parts{};
  parts.strategies = rb::strategies();
  parts.workloads = rb::workloads();
  arguments.insert(arguments.begin(), "/some/where/bench");
  const auto command = rb::parse_command_line(arguments, parts);
  REQUIRE(command);
  const auto& options = std::get<rb::RunOptions>(*command);
  std::vector<const rb::Strategy*> strategies;
  for (const auto& name : options.strategies) {
    strategies.push_back(rb::find_named(parts.strategies, name));
  }
  const auto matrix = rb::make_matrix(options, parts, strategies);
  REQUIRE(matrix);
  const rb::Group& group = matrix->back();
  return rb::vm::cell_command(group.source, *group.strategies.back(), options);
}

}  // namespace

TEST_CASE("a cell's command line is the same, whatever stands beside it") {
  const Words alone = command_of({"--vm", "--strategy", "bare", "--workload", "threads:n=10",
                                  "--repetitions", "3", "--verify=first"});
  CHECK(alone == Words{"bench", "--strategy=bare", "--workload=threads:n=10:seed=1",
                       "--repetitions=3", "--verify=first", "--clock=instructions",
                       "--out=results.json"});
  CHECK(command_of({"--out", "/tmp/x", "--verify", "first", "--clock=instructions",
                    "--workload=processes,threads:n=1,10", "--repetitions=3", "--stages",
                    "--strategy", "userspace,bare", "--vm-kernel-args", "x", "--vm"}) == alone);
}

TEST_CASE("what changes a cell is in its command line") {
  const Words words = command_of({"--strategy=bare", "--workload=threads:n=1", "--ledger", "--pids",
                                  "host", "--counters", "cycles,instructions", "--seed=7",
                                  "--creator-fds", "5,100", "--creator-memory", "1M"});
  CHECK(words == Words{"bench", "--strategy=bare", "--workload=threads:n=1:seed=7", "--pids=host",
                       "--seed=7", "--counters=cycles", "--counters=instructions", "--ledger",
                       "--creator-fds=100", "--creator-memory=1048576", "--clock=instructions",
                       "--out=results.json"});
  const Words image = command_of({"--strategy=bare", "--image", "an image"});
  CHECK(image[2] == "--image=an image");
}

TEST_CASE("a guest has room for an image, and usually the same") {
  constexpr std::uint64_t kMib = 1 << 20;
  CHECK(rb::vm::guest_memory(kMib, 1000).guest_mib == 4096);
  CHECK(rb::vm::guest_memory(1000 * kMib, 2).guest_mib == 4096);
  CHECK(rb::vm::guest_memory(2048 * kMib, 2).guest_mib == 6912);
  CHECK(rb::vm::guest_memory(kMib, 100).touched_mib < 600);
  CHECK(rb::vm::guest_memory(kMib, 30'000).guest_mib > 8000);
}

TEST_CASE("what this machine cannot give a guest is said before it boots") {
  const auto memory = rb::vm::guest_memory(std::uint64_t{2048} << 20, 2);
  CHECK(rb::vm::if_available(memory, memory.touched_mib, "memory:mib=2048"));
  const auto refused = rb::vm::if_available(memory, memory.touched_mib - 1, "memory:mib=2048");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == rb::ErrorKind::kLacking);
  CHECK(refused.error().message.find("memory:mib=2048 takes 6657 MiB") != std::string::npos);
  CHECK(refused.error().advice.find("--vm-memory") != std::string::npos);
}
