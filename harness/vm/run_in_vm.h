// bench --vm: the same command line in a Debian kernel in QEMU.
//
//   acceleration.h  KVM or emulated         kernels.h       which kernel, which module
//   qemu.h          command line, process   initramfs.h     the guest's root; loadable.h
//   guest_run.h     from start to exit code frames.h        what comes out of the guest
//   console.h       the end of a panic      guest_config.h  what goes in
//   guest_init.h    the guest's side        cell_guests.h   a guest for each cell
//
// Prose: docs/virtual-machine.md.
#pragma once

#include "base/error.h"
#include "harness/bench.h"
#include "harness/options.h"

namespace rb::vm {

/// Parts::run_in_vm. Errors: kLacking if there is no QEMU, kernel, module or KVM
/// where one is needed; kNoResult if the guest panicked or hung.
[[nodiscard]] Result<int> run_in_vm(const Invocation& options, bool needs_module,
                                    const Streams& streams);

/// Parts::run_cells_in_vm. Where instructions are counted each cell has a machine of its own:
/// cell_guests.h. Errors: the same.
[[nodiscard]] Result<int> run_cells_in_vm(const RunOptions& options, bool needs_module,
                                          const Parts& parts, const Streams& streams);

/// Parts::run_guest_command: by KVM, or emulated in real time. Where there is no restart.ko for
/// the kernel, stderr says so. Errors: as above, and kLacking without virtiofsd, its modules or
/// root.
[[nodiscard]] Result<int> run_guest_command(const GuestOptions& options, const Streams& streams);

}  // namespace rb::vm
