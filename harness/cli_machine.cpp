#include "harness/cli_machine.h"

#include <map>

namespace rb {
namespace {

constexpr const char* kWhereGroup = "Where to run";

}  // namespace

void add_machine_options(CLI::App& app, VmOptions& vm) {
  app.add_option("--vm-kernel", vm.kernel,
                 "Its kernel: the version of an installed one, the beginning of it, or the path of "
                 "a bzImage; default: Debian's 6.1 cloud kernel")
      ->option_text("VERSION|PATH")
      ->group(kWhereGroup);
  app.add_option("--vm-module", vm.module,
                 "Its restart.ko; default: build/module/VERSION/ or /lib/modules/VERSION/")
      ->check(CLI::ExistingFile)
      ->option_text("FILE")
      ->group(kWhereGroup);
  app.add_option("--vm-memory", vm.memory_mib, "Its memory in MiB; a unit may follow, as in 4G")
      ->transform(CLI::AsNumberWithUnit(std::map<std::string, unsigned>{{"M", 1}, {"G", 1024}}))
      ->check(CLI::Range(256u, 1u << 24))
      ->option_text("MIB [4G, more for large images]")
      ->group(kWhereGroup);
  app.add_option("--vm-cpus", vm.cpus, "Its CPUs; emulated, it has one")
      ->check(CLI::Range(1u, 255u))
      ->capture_default_str()
      ->group(kWhereGroup);
  app.add_option("--vm-timeout", vm.timeout_s,
                 "Seconds without a sign of life after which it is given up")
      ->check(CLI::Range(1u, 1000000u))
      ->capture_default_str()
      ->group(kWhereGroup);
  app.add_option("--vm-kernel-args", vm.kernel_arguments, "More for its kernel's command line")
      ->option_text("TEXT")
      ->group(kWhereGroup);
}

void add_vm_options(CLI::App& app, VmOptions& vm) {
  auto* wanted =
      app.add_flag("--vm", vm.wanted, "Run in a Debian kernel in QEMU: KVM, or else emulated");
  app.add_flag("--native", vm.native,
               "Run on this kernel, also where a strategy needs a module that it has not")
      ->group(kWhereGroup)
      ->excludes(wanted);
  wanted->group(kWhereGroup);
  app.add_flag("--vm-one-guest", vm.one_guest,
               "Emulated, run all cells in one virtual machine, not each in its own: faster to "
               "begin, but what ran before moves the counts by some 0.1 %")
      ->group(kWhereGroup);
  add_machine_options(app, vm);
}

}  // namespace rb
