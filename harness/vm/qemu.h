// QEMU: its command line and its process.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "harness/virtual_machine.h"

namespace rb::vm {

inline constexpr char kQemu[] = "qemu-system-x86_64";
/// By which the guest knows the host's root file system.
inline constexpr char kRootTag[] = "root";

/// What a machine is started with.
struct Launch {
  VirtualMachine machine;
  std::string kernel_path;
  std::uint64_t seed = 1;  ///< of everything random in an emulated machine
  int initramfs = -1;      ///< descriptors that QEMU inherits: a file,
  int console = -1;        ///< a socket,
  int line = -1;           ///< a pipe to write to,
  int root = -1;           ///< a socket of the file server, if there is one
};

/// What the kernel is told; see docs/virtual-machine.md for each word.
[[nodiscard]] std::string kernel_command_line(const VirtualMachine& machine);

/// QEMU's arguments, its name first.
[[nodiscard]] std::vector<std::string> qemu_arguments(const Launch& launch);

/// The version of QEMU, "7.2.22". Errors: kLacking if it is not installed.
[[nodiscard]] Result<std::string> qemu_version();

/// A running QEMU. The destructor kills it.
class QemuProcess {
 public:
  /// Its descriptors are those of the launch, which it shares; what it says
  /// itself goes to the console.
  [[nodiscard]] static Result<QemuProcess> start(const Launch& launch);
  QemuProcess(QemuProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  QemuProcess& operator=(QemuProcess&&) = delete;
  QemuProcess(const QemuProcess&) = delete;
  QemuProcess& operator=(const QemuProcess&) = delete;
  ~QemuProcess();

  /// Whether it has ended, within that time.
  [[nodiscard]] bool ends_within(unsigned milliseconds);

 private:
  explicit QemuProcess(pid_t pid) : pid_(pid) {}

  pid_t pid_;
};

}  // namespace rb::vm
