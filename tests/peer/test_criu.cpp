// What criu is asked and what it answers, with programs that stand in for it.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "harness/peer/criu.h"
#include "harness/vm/libraries.h"

namespace fs = std::filesystem;
using namespace rb::peer;

namespace {

/// A directory with a criu that runs a line of shell, gone with the test.
struct Stand {
  fs::path path;
  explicit Stand(const std::string& line) {
    std::string name = fs::temp_directory_path() / "rb_criu.XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
    std::ofstream(path / "criu") << "#!/bin/sh\n" << line << '\n';
    ::chmod((path / "criu").c_str(), 0755);
  }
  ~Stand() { fs::remove_all(path); }
  [[nodiscard]] std::string criu() const { return path / "criu"; }
};

}  // namespace

TEST_CASE("criu is found where it is, else there is a word how to install it") {
  const Stand stand("exit 0");
  CHECK(find_criu_in("/nowhere::" + stand.path.string()) == stand.criu());
  const auto missing = find_criu_in("/nowhere:relative");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == rb::ErrorKind::kLacking);
  CHECK(missing.error().advice == "install criu: apt-get install criu");
}

TEST_CASE("a criu that does not work on this kernel says why") {
  if (::geteuid() != 0) return;
  CHECK(check_criu(Stand("echo Looks good.; echo 'Error (x.c:1): of no weight' >&2").criu()));
  const auto refused = check_criu(
      Stand("[ $1 = check ] || { echo Version: 3.17.1; exit; }\n"
            "echo 'Error (criu/vdso.c:642): vdso: Unexpected rt vDSO area bounds' >&2\n"
            "echo 'Error (criu/kerndat.c:1): kerndat_x failed when initializing kerndat.'; exit 1")
          .criu());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == rb::ErrorKind::kLacking);
  CHECK_THAT(refused.error().message,
             Catch::StartsWith("criu 3.17.1 does not work on this kernel, ") &&
                 Catch::EndsWith(": vdso: Unexpected rt vDSO area bounds"));
}

TEST_CASE("the reason is criu's last error that says one") {
  CHECK(reason_in("(00.01) Error (criu/files.c:1): first\n"
                  "(00.02) Error (criu/files-ext.c:96): Can't dump file 5 of that type\n"
                  "(00.03) Warn  (criu/x.c:1): later\n"
                  "(00.04) Error (criu/cr-dump.c:1781): Dumping FAILED.\n") ==
        "Can't dump file 5 of that type");
  CHECK(reason_in("a\nno such option\n") == "no such option");
  CHECK(reason_in("") == "it said nothing");
}

TEST_CASE("the libraries of a program are what the dynamic linker names") {
  CHECK(rb::vm::paths_in_ldd("\tlinux-vdso.so.1 (0x00007ffd)\n"
                             "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f2e)\n"
                             "\t/lib64/ld-linux-x86-64.so.2 (0x00007f2f)\n") ==
        std::vector<std::string>{"/lib/x86_64-linux-gnu/libm.so.6", "/lib64/ld-linux-x86-64.so.2"});
  CHECK(rb::vm::paths_in_ldd("\tnot a dynamic executable\n").empty());
  CHECK(rb::vm::with_libraries("/bin/sh").front() == "/bin/sh");
}
