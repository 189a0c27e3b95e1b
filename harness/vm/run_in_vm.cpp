#include "harness/vm/run_in_vm.h"

#include <fmt/format.h>
#include <unistd.h>

#include <sstream>

#include "base/replacement.h"
#include "harness/vm/acceleration.h"
#include "harness/vm/guest_run.h"
#include "harness/vm/kernels.h"
#include "harness/vm/qemu.h"

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

}  // namespace

Result<int> run_in_vm(const Invocation& options, bool needs_module, const Streams& streams) {
  RB_TRY(check_out(options.out));
  auto qemu = qemu_version();
  if (!qemu) return tl::unexpected(std::move(qemu).error());
  auto kernel = choose_kernel(options.vm.kernel, kernel_places());
  if (!kernel) return tl::unexpected(std::move(kernel).error());
  if (needs_module && kernel->module.empty()) {
    return fail(
        ErrorKind::kLacking,
        fmt::format("there is no restart.ko for the virtual machine's kernel {}", kernel->version),
        "build it with scripts/build-module");
  }
  const auto accelerator = choose_accelerator(options, [&] { return probe_kvm(*kernel, *qemu); });
  if (!accelerator) return tl::unexpected(accelerator.error());

  GuestJob job;
  job.machine = {*qemu,
                 *accelerator,
                 kernel->version,
                 options.vm.kernel_arguments,
                 options.vm.memory_mib,
                 options.vm.cpus};
  job.kernel = std::move(*kernel);
  job.arguments = options.command_line;
  job.files = options.images;
  if (!options.costs.empty()) job.files.push_back(options.costs);
  job.out = options.out;
  job.seed = options.seed;
  job.timeout_s = options.vm.timeout_s;
  return run_guest(job, streams);
}

}  // namespace rb::vm
