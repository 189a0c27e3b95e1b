#include "harness/vm/acceleration.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>

#include "harness/json_results.h"
#include "harness/vm/caches.h"

namespace rb::vm {
namespace {

constexpr const char* kFile = "/kvm-works";

/// A new one in every boot: random(4), proc(5).
std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  file >> id;
  return id;
}

std::string key(const std::string& qemu_version) { return boot_id() + ' ' + qemu_version + ' '; }

}  // namespace

Result<std::string> choose_accelerator(const Invocation& options,
                                       const std::function<bool()>& kvm_works) {
  const bool counting = options.clock == ClockKind::kInstructions;
  if (!counting && kvm_works()) return "kvm";
  if (options.clock == ClockKind::kWall) {
    return fail(ErrorKind::kLacking,
                "no virtual machine with wall time: KVM does not work here, and wall time of an "
                "emulated machine says nothing of a real one",
                "use --clock instructions, or leave out --clock");
  }
  if (options.vm.cpus != 1) {
    return fail(ErrorKind::kUsage,
                fmt::format("an emulated virtual machine has one CPU, not {}: only so do its "
                            "instruction counts repeat",
                            options.vm.cpus),
                "leave out --vm-cpus");
  }
  return "tcg";
}

std::string remembered_kvm(const std::string& qemu_version) {
  for (const std::string& directory : cache_directories()) {
    std::ifstream file(directory + kFile);
    std::string line;
    const std::string known = key(qemu_version);
    if (std::getline(file, line) && line.starts_with(known)) return line.substr(known.size());
  }
  return {};
}

void remember_kvm(const std::string& qemu_version, bool works) {
  for (const std::string& directory : cache_directories()) {
    if (::access(directory.c_str(), W_OK) != 0) continue;
    if (replace_file(directory + kFile, key(qemu_version) + (works ? "yes" : "no") + '\n')) return;
  }
}

}  // namespace rb::vm
