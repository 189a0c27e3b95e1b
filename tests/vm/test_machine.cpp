// What is decided and built before a virtual machine starts.
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "harness/vm/acceleration.h"
#include "harness/vm/console.h"
#include "harness/vm/guest_config.h"
#include "harness/vm/initramfs.h"
#include "harness/vm/kernels.h"
#include "harness/vm/loadable.h"
#include "harness/vm/qemu.h"

namespace fs = std::filesystem;
using namespace rb::vm;
using rb::ClockKind;
using rb::ErrorKind;

namespace {

/// A directory that is gone with the test.
struct Directory {
  fs::path path;
  Directory() {
    std::string name = fs::temp_directory_path() / "rb_vm.XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Directory() { fs::remove_all(path); }

  void write(const fs::path& name, const std::string& bytes) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name, std::ios::binary) << bytes;
  }
};

/// As much of a bzImage as names its version.
std::string bzimage(const std::string& version) {
  std::string bytes(0x400, '\0');
  bytes.replace(0x202, 4, "HdrS");
  bytes[0x20f] = 1;  // 0x100, plus 0x200
  return bytes.replace(0x300, version.size() + 9, version + " (debian)");
}

bool has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}
std::string after(const std::vector<std::string>& words, const std::string& word) {
  const auto found = std::find(words.begin(), words.end(), word);
  return found == words.end() || found + 1 == words.end() ? "" : found[1];
}

Launch launch(const char* accelerator) {
  return {{"7.2", accelerator, "6.1.0", "slab_nomerge", 2048, 1}, "/boot/vmlinuz", 42, 5, 6, 7};
}

}  // namespace

TEST_CASE("an emulated machine counts instructions and repeats") {
  const auto arguments = qemu_arguments(launch("tcg"));
  CHECK(after(arguments, "-accel") == "tcg");
  CHECK(after(arguments, "-icount") == "shift=0,sleep=off");
  CHECK(after(arguments, "-cpu") == "max,-erms,-fsrm");
  CHECK(after(arguments, "-seed") == "42");
  CHECK(after(arguments, "-smp") == "1");
  CHECK(after(arguments, "-m") == "2048M");
  const std::string line = after(arguments, "-append");
  for (const char* word : {"nokaslr", "norandmaps", "tsc_early_khz=1000000", "panic=-1",
                           "transparent_hugepage=never", "slab_nomerge"}) {
    CHECK_THAT(line, Catch::Contains(word));
  }
}

TEST_CASE("a machine with KVM is not emulated") {
  const auto arguments = qemu_arguments(launch("kvm"));
  CHECK(after(arguments, "-accel") == "kvm");
  CHECK(after(arguments, "-cpu") == "host");
  CHECK_FALSE(has(arguments, "-icount"));
  CHECK_FALSE(has(arguments, "-seed"));
  CHECK_THAT(after(arguments, "-append"), !Catch::Contains("nokaslr"));
}

TEST_CASE("every machine has its console, its line, no other device, and no second boot") {
  const auto arguments = qemu_arguments(launch(GENERATE("tcg", "kvm")));
  CHECK(has(arguments, "-nodefaults"));
  CHECK(has(arguments, "-no-reboot"));
  CHECK(after(arguments, "-initrd") == "/proc/self/fd/5");
  CHECK(has(arguments, "socket,id=console,fd=6"));
  CHECK(has(arguments, "file,id=line,path=/proc/self/fd/7"));
  // Serial ports get their numbers in this order.
  CHECK(after(arguments, "-serial") == "chardev:console");
}

TEST_CASE("the accelerator follows from the clock and from what works") {
  rb::RunOptions options;
  const auto works = [] { return true; };
  const auto fails = [] { return false; };
  CHECK(choose_accelerator(options, works) == "kvm");
  CHECK(choose_accelerator(options, fails) == "tcg");
  options.clock = ClockKind::kInstructions;
  CHECK(choose_accelerator(options, [] { return FAIL("asked in vain"), true; }) == "tcg");
  options.clock = ClockKind::kWall;
  CHECK(choose_accelerator(options, works) == "kvm");
  const auto refused = choose_accelerator(options, fails);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::kLacking);
  CHECK_THAT(refused.error().advice, Catch::Contains("--clock instructions"));
  options.clock.reset();
  options.vm.cpus = 2;
  CHECK(choose_accelerator(options, works) == "kvm");
  CHECK(choose_accelerator(options, fails).error().kind == ErrorKind::kUsage);
}

TEST_CASE("a kernel is found by its version, the beginning of it, and its path") {
  const Directory directory;
  directory.write("vmlinuz-6.1.0-9-cloud-amd64", bzimage("6.1.0-9-cloud-amd64"));
  directory.write("vmlinuz-6.1.0-10-cloud-amd64", bzimage("6.1.0-10-cloud-amd64"));
  directory.write("vmlinuz-6.12.9-cloud-amd64", bzimage("6.12.9-cloud-amd64"));
  directory.write("vmlinuz-6.13.0", bzimage("6.13.0"));
  directory.write("vmlinuz-broken", "MZ");
  KernelPlaces places{{directory.path, "/nowhere"}, {directory.path / "module"}};

  CHECK(find_kernels(places).size() == 4);
  // Debian 12's own, and 10 is more than 9.
  CHECK(choose_kernel("", places)->version == "6.1.0-10-cloud-amd64");
  CHECK(choose_kernel("6.12", places)->version == "6.12.9-cloud-amd64");
  CHECK(choose_kernel(directory.path / "vmlinuz-6.13.0", places)->version == "6.13.0");
  CHECK(choose_kernel("", places)->module.empty());

  const auto unknown = choose_kernel("7", places);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().kind == ErrorKind::kLacking);
  CHECK_THAT(unknown.error().advice, Catch::Contains("6.12.9-cloud-amd64"));
  CHECK(choose_kernel(directory.path / "vmlinuz-broken", places).error().kind ==
        ErrorKind::kUsage);
  CHECK_FALSE(choose_kernel("", {}));

  directory.write("module/6.12.9-cloud-amd64/restart.ko", "");
  CHECK(choose_kernel("", places)->version == "6.12.9-cloud-amd64");
  CHECK(choose_kernel("", places)->module ==
        directory.path / "module/6.12.9-cloud-amd64/restart.ko");
  CHECK(choose_kernel("6.1.", places)->module.empty());
}

TEST_CASE("an initramfs holds the files, each after its directories, once") {
  auto archive = Initramfs::create();
  REQUIRE(archive);
  REQUIRE(archive->add_file("a/b/file", "contents", 0755));
  REQUIRE(archive->add_file("a/b/other", "", 0644));
  REQUIRE(archive->add_file("a/b/file", "not this", 0755));
  auto memory = std::move(*archive).finish();
  REQUIRE(memory);
  std::ifstream file("/proc/self/fd/" + std::to_string(memory->get()), std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  const std::string text = bytes.str();
  // Documentation/driver-api/early-userspace/buffer-format.rst
  std::vector<std::size_t> entries;
  for (std::size_t at = text.find("070701"); at != std::string::npos;
       at = text.find("070701", at + 1)) {
    entries.push_back(at);
  }
  REQUIRE(entries.size() == 5);
  const auto name = [&](std::size_t i) { return std::string(text.c_str() + entries[i] + 110); };
  CHECK(name(0) == "a");
  CHECK(name(1) == "a/b");
  CHECK(name(2) == "a/b/file");
  CHECK(name(3) == "a/b/other");
  CHECK(name(4) == "TRAILER!!!");
  CHECK(text.substr(entries[0] + 14, 8) == "000041ed");  // S_IFDIR, 0755
  CHECK(text.substr(entries[2] + 14, 8) == "000081ed");  // S_IFREG, 0755
  CHECK(text.find("contents") != std::string::npos);
  CHECK(text.find("not this") == std::string::npos);
}

TEST_CASE("the loadable part of a program is what runs, and no more") {
  CHECK_FALSE(loadable_part("#!/bin/sh\n"));
  CHECK_FALSE(loadable_part(std::string("\x7f" "ELF") + std::string(100, '\0')));
  std::ifstream file("/proc/self/exe", std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  const auto own = loadable_part(bytes.str());
  REQUIRE_FALSE(own);  // tests are linked dynamically
  CHECK(own.error().kind == ErrorKind::kLacking);
  CHECK_THAT(own.error().message, Catch::Contains("dynamically"));
}

TEST_CASE("the guest reads what the host wrote") {
  GuestConfig config;
  config.arguments = {"bench", "--filter", "a b\n\"c\"", "caf\xc3\xa9"};
  config.directory = "/some where";
  config.host_time_s = 1'700'000'000;
  config.machine = {"7.2.22", "tcg", "6.1.0-56-cloud-amd64", "x=1", 4096, 1};
  const auto read = parse_guest_config(to_text(config));
  REQUIRE(read);
  CHECK(read->arguments == config.arguments);
  CHECK(read->directory == config.directory);
  CHECK(read->host_time_s == config.host_time_s);
  CHECK(read->machine.kernel == config.machine.kernel);
  CHECK(read->machine.kernel_arguments == "x=1");
  CHECK(read->machine.memory_mib == 4096);
  CHECK(read->machine.counts_instructions());
  CHECK_FALSE(parse_guest_config("{}"));
  CHECK_FALSE(parse_guest_config("{"));
}

TEST_CASE("the end of the console says how a machine ended") {
  Console console;
  for (int i = 0; i < 100; ++i) console.feed("line " + std::to_string(i) + "\r\n");
  console.feed("\x1b[31mred\n");
  CHECK_THAT(console.tail(), !Catch::Contains("line 50\n") && Catch::Contains("\n  | line 99\n") &&
                                 Catch::Contains("[31mred") && !Catch::Contains("\x1b"));
  CHECK_THAT(no_result(Ending::kGone, console, 60).message,
             Catch::Contains("ended without an exit code") && Catch::Contains("line 99"));
  CHECK_THAT(no_result(Ending::kSilent, console, 60).message,
             Catch::Contains("60 s") && Catch::Contains("--vm-timeout"));
  console.feed("[    1.0] Kernel pa");
  console.feed("nic - not syncing");
  CHECK_THAT(no_result(Ending::kGone, console, 60).message, Catch::Contains("machine panicked"));
  CHECK(no_result(Ending::kGone, console, 60).kind == ErrorKind::kNoResult);
}
