// bench: times ways to restart a checkpointed process tree.
//
//   cli.h            the command line          options.h     ... as values
//   workload_spec.h  the grammar of --workload matrix.h      what is to be run
//   runner.h         image by image            live_cell.h   strategy by strategy
//   trial.h          one restart               results.h     what came out
//   table.h          for people                json_results.h  for programs
//   exit_code.h      what the program ends with
//   where_to_run.h   here, or in ...        vm/run_in_vm.h  a virtual machine

#include <unistd.h>

#include <iostream>

#include "harness/bench.h"
#include "harness/capture/capture.h"
#include "harness/peer/peers.h"
#include "harness/process_setup.h"
#include "harness/vm/guest_init.h"
#include "harness/vm/run_in_vm.h"

namespace {

/// A run without --workload: a task's cost at two sizes, each kind of object
/// that tasks share or own, and a server. With all strategies under a minute.
constexpr std::string_view kDefaultWorkloads =
    "threads:n=10,1000,processes:n=100,own-files:n=10:f=1000,memory,prefork";

}  // namespace

int main(int argc, char** argv) {
  rb::prepare_process();
  const rb::Parts parts = {
      .strategies = rb::strategies(),
      .peers = rb::peer::peers(),
      .workloads = rb::workloads(),
      .default_workloads = kDefaultWorkloads,
      .build_image = rb::build_image,
      .make_fixtures = rb::make_fixtures,
      .verify_stopped = rb::verify_stopped,
      .checks_itself = rb::checks_itself,
      .verify_held = rb::verify_held,
      .verify_running = rb::verify_running,
      .check_peer = rb::peer::check_peer,
      .counters = &rb::perf_counters(),
      .kernel_facts = rb::read_kernel_facts,
      .capture = rb::capture_tree,
      .run_in_vm = rb::vm::run_in_vm,
      .run_cells_in_vm = rb::vm::run_cells_in_vm,
      .run_guest_command = rb::vm::run_guest_command,
  };
  if (rb::vm::is_guest_init()) rb::vm::guest_init(parts);
  rb::Streams streams = {.out = std::cout, .err = std::cerr};
  if (::isatty(STDERR_FILENO) == 1) streams.progress = rb::show_on(std::cerr, rb::monotonic_time());
  return rb::run_bench({argv, static_cast<std::size_t>(argc)}, parts, streams);
}
