// A guest that runs a command on the host's files.
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "harness/vm/console.h"
#include "harness/vm/guest_config.h"
#include "harness/vm/kernel_log.h"
#include "harness/vm/kernel_modules.h"
#include "harness/vm/qemu.h"

namespace fs = std::filesystem;
using namespace rb::vm;
using namespace std::string_literals;

namespace {

/// A kernel's modules, gone with the test.
struct Modules {
  fs::path path;
  Modules() {
    std::string name = fs::temp_directory_path() / "rb_modules.XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Modules() { fs::remove_all(path); }

  void add(const fs::path& file, const std::string& depends) const {
    fs::create_directories((path / "kernel" / file).parent_path());
    std::ofstream(path / "kernel" / file) << "\x7f"
                                             "ELF\0license=GPL\0depends="s
                                          << depends << "\0name=x\0"s;
  }
  [[nodiscard]] Kernel kernel() const { return {"6.1.0-x", "/boot/vmlinuz", "", path}; }
};

Launch launch(int root) {
  Launch launch{
      {"7.2", rb::kEmulatedInRealTime, "6.1.0", "", 768, 2}, "/boot/vmlinuz", 42, 5, 6, 7};
  launch.root = root;
  return launch;
}

std::string all(const Launch& launch) {
  std::string text;
  for (const std::string& argument : qemu_arguments(launch)) text += argument + ' ';
  return text;
}

}  // namespace

TEST_CASE("with the host's files a machine shares its memory with the file server") {
  CHECK_THAT(all(launch(8)),
             Catch::Contains("-machine pc,memory-backend=memory ") &&
                 Catch::Contains("memory-backend-memfd,id=memory,size=768M,share=on ") &&
                 Catch::Contains("socket,id=root,fd=8 ") &&
                 Catch::Contains("vhost-user-fs-pci,chardev=root,tag=root "));
  CHECK_THAT(all(launch(-1)), !Catch::Contains("root") && Catch::Contains("-machine pc "));
}

TEST_CASE("a machine that is not measured has the host's clock and several CPUs") {
  const std::string arguments = all(launch(8));
  CHECK_THAT(arguments, Catch::Contains("-accel tcg,thread=multi -m 768M -smp 2 ") &&
                            Catch::Contains("-cpu max ") && !Catch::Contains("-icount") &&
                            !Catch::Contains("pci=off"));
  CHECK_FALSE(launch(8).machine.counts_instructions());
}

TEST_CASE("modules come after what they depend on, once") {
  const Modules modules;
  modules.add("drivers/virtio_pci.ko", "virtio_ring,virtio");
  modules.add("drivers/virtio_ring.ko", "virtio");
  modules.add("drivers/virtio.ko", "");
  modules.add("fs/virtiofs.ko", "fuse,virtio");
  modules.add("net/built-in-name.ko", "");
  std::ofstream(modules.path / "modules.builtin") << "kernel/fs/fuse/fuse.ko\n";
  const auto files = module_files(modules.kernel(), {"virtio_pci", "virtiofs", "built_in_name"});
  REQUIRE(files);
  std::vector<std::string> names;
  for (const std::string& file : *files) names.push_back(fs::path(file).filename());
  CHECK(names == std::vector<std::string>{"virtio.ko", "virtio_ring.ko", "virtio_pci.ko",
                                          "virtiofs.ko", "built-in-name.ko"});
}

TEST_CASE("a module that is missing is named, and how to get it") {
  const Modules modules;
  modules.add("fs/virtiofs.ko", "fuse");
  const auto files = module_files(modules.kernel(), {"virtiofs"});
  REQUIRE_FALSE(files);
  CHECK(files.error().kind == rb::ErrorKind::kLacking);
  CHECK_THAT(files.error().message,
             Catch::Contains("no module fuse") && Catch::Contains("6.1.0-x"));
  CHECK_THAT(files.error().advice, Catch::Contains("scripts/fetch-kernel"));
}

TEST_CASE("a command and its environment reach the guest") {
  GuestConfig config{
      {"/bin/sh", "-c", "exit 3"}, "/work", 7, {}, {"modules/a.ko"}, true, {"A=b c"}};
  const auto read = parse_guest_config(to_text(config));
  REQUIRE(read);
  CHECK(read->foreign);
  CHECK(read->modules == config.modules);
  CHECK(read->environment == config.environment);
  CHECK(read->arguments == config.arguments);
  // What is measured is told nothing of it: its configuration is a part of the boot.
  config = {{"bench"}, "/", 7, {}};
  CHECK_THAT(to_text(config), !Catch::Contains("foreign") && !Catch::Contains("modules"));
}

TEST_CASE("a kernel's complaints are found, those of programs are not") {
  CHECK(complaints_in("[1] Linux version\n[2] x.sh[7]: segfault at 0\n"
                      "[3] traps: x[8] general protection fault ip:401000\n")
            .empty());
  CHECK(complaints_in("[1] a\n[2] WARNING: CPU: 0 PID: 1 at mm/x.c\n[3] RIP\n") ==
        "[2] WARNING: CPU: 0 PID: 1 at mm/x.c\n[3] RIP\n");
  CHECK_FALSE(complaints_in("BUG: kernel NULL pointer dereference").empty());
}

TEST_CASE("a command that takes too long says which option allows more") {
  const auto error = no_result(Ending::kLimit, Console(), 30);
  CHECK(error.kind == rb::ErrorKind::kNoResult);
  CHECK_THAT(error.message, Catch::Contains("more than 30 s") && Catch::Contains("--timeout"));
}
