#include "harness/vm/qemu.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <memory>

namespace rb::vm {
namespace {

/// pidfd_open(2) has no wrapper in glibc 2.35 and older.
Fd open_pidfd(pid_t pid) { return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

[[noreturn]] void become_qemu(const Launch& launch, char* const* argv, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  // A signal from the terminal is for bench, which passes it on to the guest.
  ::setpgid(0, 0);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(launch.console, STDOUT_FILENO);
  ::dup2(launch.console, STDERR_FILENO);
  for (const int fd : {launch.initramfs, launch.console, launch.line, launch.root}) {
    if (fd >= 0) ::fcntl(fd, F_SETFD, 0);
  }
  ::execvp(argv[0], argv);
  ::_exit(127);
}

}  // namespace

std::string kernel_command_line(const VirtualMachine& machine) {
  // The serial line first, so that it is the console. A panic, also one that an
  // oops would only lead to later, ends the machine: -no-reboot.
  std::string line = "console=ttyS0 quiet panic=-1 oops=panic reboot=t";
  // Nothing that runs beside what is measured, and nothing that takes turns.
  line += " cryptomgr.notests audit=0 nowatchdog random.trust_cpu=on";
  // Clearing 2 MiB would hide what a page costs.
  line += " transparent_hugepage=never";
  if (machine.counts_instructions()) {
    // The same addresses in every boot. No devices but the serial lines and the
    // timer of a PC, found without asking: two thirds less to boot.
    line += " nokaslr norandmaps randomize_kstack_offset=off nolapic acpi=off pci=off";
    // With -icount shift=0 the TSC has 1 GHz by definition: no need to measure it.
    line += " tsc_early_khz=1000000 tsc=reliable";
  } else {
    // On a busy host an emulated timer may not tick while the kernel looks whether it does,
    // which would be a panic.
    line += " no_timer_check";
  }
  if (!machine.kernel_arguments.empty()) line += ' ' + machine.kernel_arguments;
  return line;
}

std::vector<std::string> qemu_arguments(const Launch& launch) {
  const VirtualMachine& machine = launch.machine;
  std::vector<std::string> arguments = {
      kQemu, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-machine",
      launch.root >= 0 ? "pc,memory-backend=memory" : "pc", "-accel", machine.accelerator, "-m",
      fmt::format("{}M", machine.memory_mib), "-smp", std::to_string(machine.cpus), "-kernel",
      launch.kernel_path, "-initrd", fmt::format("/proc/self/fd/{}", launch.initramfs), "-append",
      kernel_command_line(machine), "-chardev",
      fmt::format("socket,id=console,fd={}", launch.console), "-serial", "chardev:console",
      // A pipe, as a socket is full after some hundred bytes that are written one
      // by one; and when its reader comes is not the same in every run.
      "-chardev", fmt::format("file,id=line,path=/proc/self/fd/{}", launch.line), "-serial",
      "chardev:line"};
  if (machine.counts_instructions()) {
    // rep-prefixed instructions count once an iteration, so the kernel is to
    // copy and clear memory without them: no ERMS, no FSRM.
    for (const char* word : {"-icount", "shift=0,sleep=off", "-cpu", "max,-erms,-fsrm", "-seed"}) {
      arguments.emplace_back(word);
    }
    arguments.push_back(std::to_string(static_cast<std::uint32_t>(launch.seed)));
    // The real time is set later; what the boot does must not depend on it.
    arguments.insert(arguments.end(), {"-rtc", "base=2024-01-01,clock=vm"});
  } else {
    arguments.insert(arguments.end(),
                     {"-cpu", machine.accelerator == kEmulatedInRealTime ? "max" : "host"});
  }
  if (launch.root >= 0) {
    // The file server reads requests in the guest's memory, and writes answers there.
    arguments.insert(
        arguments.end(),
        {"-object",
         fmt::format("memory-backend-memfd,id=memory,size={}M,share=on", machine.memory_mib),
         "-chardev", fmt::format("socket,id=root,fd={}", launch.root), "-device",
         fmt::format("vhost-user-fs-pci,chardev=root,tag={}", kRootTag)});
  }
  return arguments;
}

Result<std::string> qemu_version() {
  const auto lacking = [] {
    return fail(ErrorKind::kLacking, fmt::format("there is no {} for a virtual machine", kQemu),
                "run scripts/setup, or install Debian's qemu-system-x86");
  };
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(
      ::popen(fmt::format("{} --version 2>/dev/null", kQemu).c_str(), "re"), ::pclose);
  if (!pipe) return lacking();
  std::array<char, 256> line{};
  if (std::fgets(line.data(), static_cast<int>(line.size()), pipe.get()) == nullptr) {
    return lacking();
  }
  constexpr std::string_view kBefore = "version ";
  const std::string_view text = line.data();
  const auto begin = text.find(kBefore);
  if (begin == std::string_view::npos) return lacking();
  const std::string_view rest = text.substr(begin + kBefore.size());
  return std::string(rest.substr(0, rest.find_first_of(" \n")));
}

Result<QemuProcess> QemuProcess::start(const Launch& launch) {
  auto arguments = qemu_arguments(launch);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork");
  if (pid == 0) become_qemu(launch, argv.data(), parent);
  return QemuProcess(pid);
}

bool QemuProcess::ends_within(unsigned milliseconds) {
  if (pid_ < 0) return true;
  const Fd pidfd = open_pidfd(pid_);
  pollfd ended{pidfd.get(), POLLIN, 0};
  if (::poll(&ended, 1, static_cast<int>(milliseconds)) <= 0) return false;
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
  return true;
}

QemuProcess::~QemuProcess() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace rb::vm
