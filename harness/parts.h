// What the harness works with but does not contain; tests put doubles here.
#pragma once

#include <span>
#include <string_view>

#include "base/error.h"
#include "harness/counters/counters.h"
#include "harness/ledger/kernel_facts.h"
#include "harness/options.h"
#include "harness/verify/verify.h"
#include "harness/virtual_machine.h"
#include "image/image.h"
#include "strategies/strategy.h"
#include "workloads/workload.h"

namespace rb {

struct Captured;
struct CaptureRequest;
struct Streams;
class CellSource;

/// Registries and functions of the other parts. Every field is required but the last three.
struct Parts {
  std::span<const Strategy* const> strategies;
  std::span<const Strategy* const> peers;  ///< other programs: harness/peer/peers.h
  std::span<const Workload* const> workloads;
  std::string_view default_workloads;  ///< a --workload value: a run without one takes it

  Result<Image> (*build_image)(const Workload& workload, const ParameterValues& values);
  Status (*make_fixtures)(const Image& image);
  Result<Verification> (*verify_stopped)(const Image& image, const Tree& tree);
  bool (*checks_itself)(const Image& image);
  Result<Verification> (*verify_held)(const Image& image, Tree& tree);  ///< if it does not
  Result<Verification> (*verify_running)(const Image& image, const Tree& tree, unsigned timeout_s);

  /// What this machine lacks for a peer.
  Status (*check_peer)(const Strategy& peer);

  CounterSource* counters;
  /// What there is to know of the kernel to count its objects.
  Result<KernelFacts> (*kernel_facts)();

  /// Makes an image of a running tree.
  Result<Captured> (*capture)(const CaptureRequest& request);

  /// Runs the command line in a virtual machine. @return its exit code
  /// @param needs_module  a strategy was asked for that needs /dev/restart
  Result<int> (*run_in_vm)(const Invocation& options, bool needs_module, const Streams& streams);
  /// The same for a run of cells, of which each may have a machine of its own.
  Result<int> (*run_cells_in_vm)(const RunOptions& options, bool needs_module, const Parts& parts,
                                 const Streams& streams);
  /// Runs a command in a virtual machine with files of this one. @return its exit code
  Result<int> (*run_guest_command)(const GuestOptions& options, const Streams& streams);
  const VirtualMachine* guest = nullptr;  ///< The one that this is running in.
  void (*settle)() = nullptr;             ///< There, if that can be done: see settled_time.h.
  CellSource* cells = nullptr;            ///< Who runs the cells, if it is not this process.
};

}  // namespace rb
