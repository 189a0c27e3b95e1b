#include "harness/vm/run_in_vm.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "base/replacement.h"
#include "harness/emulated_defaults.h"
#include "harness/interrupt.h"
#include "harness/matrix.h"
#include "harness/names.h"
#include "harness/peer/peers.h"
#include "harness/run_command.h"
#include "harness/selection.h"
#include "harness/vm/acceleration.h"
#include "harness/vm/cell_guests.h"
#include "harness/vm/guest_memory.h"
#include "harness/vm/guest_run.h"
#include "harness/vm/kernel_modules.h"
#include "harness/vm/kernels.h"
#include "harness/vm/qemu.h"
#include "harness/where_to_run.h"

namespace rb::vm {
namespace {

/// Boots a guest with KVM that does nothing. A host may have /dev/kvm and start
/// a few instructions of a guest, but no Linux.
bool probe_kvm(const Kernel& kernel, const std::string& qemu) {
  if (::access("/dev/kvm", R_OK | W_OK) != 0) return false;
  if (const auto known = remembered_kvm(qemu); !known.empty()) return known == "yes";
  std::ostringstream nowhere;
  GuestJob job;
  job.machine = {qemu, "kvm", kernel.version, {}, 512, 1};
  job.kernel = kernel;
  job.kernel.module.clear();
  job.arguments = {"bench", "--version"};
  job.timeout_s = 10;
  const InterruptGuard guard;
  const auto code = run_guest(job, {nowhere, nowhere});
  const bool works = code && *code == 0;
  remember_kvm(qemu, works);
  return works;
}

/// As without a virtual machine, a file that cannot be written is found out
/// before anything is measured.
Status check_out(const std::string& path) {
  if (path.empty() || path == "-") return {};
  auto file = Replacement::create(path);
  if (file) return {};
  file.error().kind = ErrorKind::kUsage;
  return tl::unexpected(std::move(file).error());
}

constexpr unsigned kMemoryMib = 4096;

Result<std::string> accelerator_for_measuring(const Invocation& options, const Kernel& kernel,
                                              const std::string& qemu) {
  return choose_accelerator(options, [&] { return probe_kvm(kernel, qemu); });
}

/// Not measured: with the host's clock, and as many CPUs as were asked for.
Result<std::string> accelerator_in_real_time(const Invocation& /*options*/, const Kernel& kernel,
                                             const std::string& qemu) {
  return probe_kvm(kernel, qemu) ? "kvm" : kEmulatedInRealTime;
}

/// What to start, without what only some commands have.
Result<GuestJob> make_job(
    const Invocation& options, bool needs_module,
    decltype(accelerator_for_measuring) accelerator_for = accelerator_for_measuring) {
  RB_TRY(check_out(options.out));
  auto qemu = qemu_version();
  if (!qemu) return tl::unexpected(std::move(qemu).error());
  auto kernel = choose_kernel(options.vm.kernel, kernel_places());
  if (!kernel) return tl::unexpected(std::move(kernel).error());
  if (!options.vm.module.empty()) kernel->module = options.vm.module;
  if (needs_module && kernel->module.empty()) {
    return fail(
        ErrorKind::kLacking,
        fmt::format("there is no restart.ko for the virtual machine's kernel {}", kernel->version),
        "build it with scripts/build-module");
  }
  const auto accelerator = accelerator_for(options, *kernel, *qemu);
  if (!accelerator) return tl::unexpected(accelerator.error());

  GuestJob job;
  job.machine = {*qemu,
                 *accelerator,
                 kernel->version,
                 options.vm.kernel_arguments,
                 options.vm.memory_mib != 0 ? options.vm.memory_mib : kMemoryMib,
                 options.vm.cpus};
  job.kernel = std::move(*kernel);
  job.seed = options.seed;
  job.timeout_s = options.vm.timeout_s;
  return job;
}

/// The whole command line in one guest.
Result<int> run_whole(GuestJob job, const Invocation& options, const Streams& streams) {
  job.arguments = options.command_line;
  job.files = options.images;
  if (!options.costs.empty()) job.files.push_back(options.costs);
  job.out = options.out;
  return run_guest(job, streams);
}

/// Those that the guest could run, by name: this machine is not asked.
std::vector<std::string> guest_strategies(const RunOptions& options, bool has_module,
                                          const Parts& parts) {
  std::vector<std::string> names;
  for (const std::string& name :
       options.strategies.empty() ? std::vector<std::string>{"all"} : options.strategies) {
    if (name != "all") {
      names.push_back(name);
      continue;
    }
    for (const Strategy* strategy : parts.strategies) {
      if (strategy->kind == StrategyKind::kTest) continue;
      if (has_module || (strategy->flags & kNeedsDevice) == 0) names.emplace_back(strategy->name);
    }
  }
  return names;
}

/// A guest's memory is that of the image that needs most.
Result<unsigned> memory_for_all(const RunOptions& options, const Parts& parts) {
  RunOptions there = options;
  there.strategies = guest_strategies(options, true, parts);
  const auto strategies = select_with_peers(there, parts);
  if (!strategies) return tl::unexpected(strategies.error());
  const auto matrix = make_matrix(options, parts, *strategies);
  if (!matrix) return tl::unexpected(matrix.error());
  unsigned most = 0;
  for (const Group& group : *matrix) {
    auto memory = memory_for(group.source, options, parts);
    if (!memory) return tl::unexpected(std::move(memory).error());
    most = std::max(most, memory->guest_mib);
  }
  return most;
}

/// Programs and modules that a guest needs for a peer.
Status provide_peer(const Strategy& peer, GuestJob& job) {
  auto programs = peer::programs_of(peer);
  if (!programs) return tl::unexpected(std::move(programs).error());
  if (programs->empty()) return {};
  auto modules = module_files(job.kernel, {std::begin(kCriuModules), std::end(kCriuModules)});
  if (!modules) return tl::unexpected(std::move(modules).error());
  job.programs = std::move(*programs);
  job.modules = std::move(*modules);
  return {};
}

Status provide_peers(const RunOptions& options, const Parts& parts, GuestJob& job) {
  for (const std::string& name : options.peers) {
    const Strategy* peer = find_named(parts.peers, name);
    if (peer != nullptr) RB_TRY(provide_peer(*peer, job));
  }
  return {};
}

Result<int> run_cells(GuestJob job, const RunOptions& given, const Parts& parts,
                      const Streams& streams) {
  RunOptions options = given;
  options.clock = ClockKind::kInstructions;
  const bool has_module = !job.kernel.module.empty();
  options.strategies = guest_strategies(given, has_module, parts);
  const auto tell = [&streams](const std::string& notice) {
    if (!notice.empty()) streams.err << "bench: " << notice << std::endl;
  };
  // With --strategy all they are needed, and there was an error.
  if (!has_module && given.strategies.empty()) tell(left_out_in_guest(needing_device({}, parts)));
  tell(use_emulated_defaults(options, parts));

  const InterruptGuard guard;
  CellGuests guests(std::move(job), options, parts, streams);
  Parts elsewhere = parts;
  elsewhere.cells = &guests;
  auto code = run_command(options, elsewhere, streams);
  if (guests.refusal()) return *guests.refusal();
  if (code && guests.lost()) return tl::unexpected(*guests.lost());
  return code;
}

}  // namespace

Result<int> run_guest_command(const GuestOptions& options, const Streams& streams) {
  auto job = make_job(options, false, accelerator_in_real_time);
  if (!job) return tl::unexpected(std::move(job).error());
  std::vector<std::string> wanted(std::begin(kFileSystemModules), std::end(kFileSystemModules));
  wanted.insert(wanted.end(), std::begin(kCriuModules), std::end(kCriuModules));
  auto modules = module_files(job->kernel, wanted);
  if (!modules) return tl::unexpected(std::move(modules).error());
  if (job->kernel.module.empty()) {
    streams.err << fmt::format(
                       "bench: there is no restart.ko for the kernel {}, so no "
                       "/dev/restart in it; scripts/build-module builds it",
                       job->kernel.version)
                << std::endl;
  }
  job->modules = std::move(*modules);
  job->root = std::filesystem::absolute(options.root).lexically_normal();
  job->arguments = options.command;
  job->limit_s = options.limit_s;
  // What has a kernel with many devices and a slow CPU tell of itself is no complaint.
  job->machine.kernel_arguments += " workqueue.watchdog_thresh=0";
  const InterruptGuard guard;
  return run_guest(*job, streams);
}

Result<int> run_in_vm(const Invocation& options, bool needs_module, const Streams& streams) {
  auto job = make_job(options, needs_module);
  if (!job) return tl::unexpected(std::move(job).error());
  const InterruptGuard guard;
  return run_whole(std::move(*job), options, streams);
}

Result<int> run_cells_in_vm(const RunOptions& options, bool needs_module, const Parts& parts,
                            const Streams& streams) {
  auto job = make_job(options, needs_module);
  if (!job) return tl::unexpected(std::move(job).error());
  RB_TRY(provide_peers(options, parts, *job));
  const bool fake = options.clock == ClockKind::kFake;
  if (job->machine.counts_instructions() && !fake && !options.vm.one_guest &&
      options.self_check == 0) {
    return run_cells(std::move(*job), options, parts, streams);
  }
  auto memory = memory_for_all(options, parts);
  if (!memory) return tl::unexpected(std::move(memory).error());
  job->machine.memory_mib = *memory;
  const InterruptGuard guard;
  return run_whole(std::move(*job), options, streams);
}

}  // namespace rb::vm
