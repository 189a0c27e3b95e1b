// Whether a virtual machine runs on this CPU or is emulated.
#pragma once

#include <functional>
#include <string>

#include "base/error.h"
#include "harness/options.h"

namespace rb::vm {

/// "kvm" or "tcg". Instructions can be counted in an emulated machine only, and
/// wall time means something in one that is not. Errors: kLacking if wall time is
/// asked for without KVM; kUsage for several CPUs in an emulated machine.
/// @param kvm_works  asked only if the answer matters
[[nodiscard]] Result<std::string> choose_accelerator(const Invocation& options,
                                                     const std::function<bool()>& kvm_works);

/// What is known of KVM from an earlier attempt, in this boot of this machine and
/// with this QEMU: "yes", "no", or "" if nothing is.
[[nodiscard]] std::string remembered_kvm(const std::string& qemu_version);

/// Remembers it, if there is a directory to do so.
void remember_kvm(const std::string& qemu_version, bool works);

}  // namespace rb::vm
