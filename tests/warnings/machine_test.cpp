#include "harness/warnings/machine.h"

#include <sys/mman.h>
#include <sys/personality.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "harness/warnings/residency.h"

namespace fs = std::filesystem;

namespace {

/// A directory with files as in /proc and /sys.
class MadeUp {
 public:
  MadeUp() {
    std::string pattern = fs::temp_directory_path() / "machine-XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
  }
  MadeUp(const MadeUp&) = delete;
  MadeUp& operator=(const MadeUp&) = delete;
  ~MadeUp() { fs::remove_all(root_); }

  void put(const std::string& path, const std::string& text) const {
    const fs::path file = root_.string() + path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  rb::MachineFacts facts() const { return rb::read_machine_facts(root_); }
  bool warns(std::string_view id) const {
    const auto warnings = rb::machine_warnings(facts());
    return std::any_of(warnings.begin(), warnings.end(), [&](const rb::Warning& warning) {
      CHECK_FALSE(warning.text.empty());
      CHECK_FALSE(warning.advice.empty());
      return warning.id == id;
    });
  }

 private:
  fs::path root_;
};

constexpr const char* kCpus = "/sys/devices/system/cpu";

}  // namespace

TEST_CASE("a governor that changes the clock rate is warned of") {
  const MadeUp machine;
  CHECK_FALSE(machine.warns("frequency-scaling"));
  machine.put(std::string(kCpus) + "/cpu0/cpufreq/scaling_governor", "schedutil\n");
  CHECK(machine.facts().governor == "schedutil");
  CHECK(machine.warns("frequency-scaling"));
  machine.put(std::string(kCpus) + "/cpu0/cpufreq/scaling_governor", "performance\n");
  CHECK_FALSE(machine.warns("frequency-scaling"));
}

TEST_CASE("turbo is read where the driver says it") {
  const MadeUp machine;
  CHECK_FALSE(machine.facts().turbo);
  machine.put(std::string(kCpus) + "/cpufreq/boost", "1\n");
  CHECK(machine.warns("turbo"));
  machine.put(std::string(kCpus) + "/cpufreq/boost", "0\n");
  CHECK_FALSE(machine.warns("turbo"));
  machine.put(std::string(kCpus) + "/intel_pstate/no_turbo", "0\n");
  CHECK(machine.warns("turbo"));
  machine.put(std::string(kCpus) + "/intel_pstate/no_turbo", "1\n");
  CHECK_FALSE(machine.warns("turbo"));
}

TEST_CASE("a virtual machine is one by its CPU's flag") {
  const MadeUp machine;
  machine.put("/proc/cpuinfo", "processor : 0\nmodel name : hypervisor\nflags : fpu vme\n");
  CHECK_FALSE(machine.warns("hypervisor"));
  machine.put("/proc/cpuinfo", "processor : 0\nflags\t\t: fpu hypervisor vme\n");
  CHECK(machine.warns("hypervisor"));
}

TEST_CASE("random addresses are off by the sysctl, or for this process alone") {
  const int before = ::personality(0xffffffff);
  ::personality(static_cast<unsigned>(before) & ~static_cast<unsigned>(ADDR_NO_RANDOMIZE));
  const MadeUp machine;
  machine.put("/proc/sys/kernel/randomize_va_space", "2\n");
  CHECK(machine.warns("random-addresses"));
  ::personality(static_cast<unsigned>(before) | ADDR_NO_RANDOMIZE);
  CHECK_FALSE(machine.warns("random-addresses"));
  ::personality(static_cast<unsigned>(before) & ~static_cast<unsigned>(ADDR_NO_RANDOMIZE));
  machine.put("/proc/sys/kernel/randomize_va_space", "0\n");
  CHECK_FALSE(machine.warns("random-addresses"));
  ::personality(static_cast<unsigned>(before));
}

TEST_CASE("the build is warned of as it is") {
  rb::MachineFacts facts;
  CHECK(rb::machine_warnings(facts).empty());
  facts.optimised = false;
  facts.sanitized = true;
  const auto warnings = rb::machine_warnings(facts);
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[0].id == "debug-build");
  CHECK(warnings[1].id == "sanitizer-build");
}

TEST_CASE("pages that were never touched are not in memory") {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const int file = ::memfd_create("pages", MFD_CLOEXEC);
  REQUIRE(::ftruncate(file, static_cast<off_t>(8 * page)) == 0);
  void* mapped = ::mmap(nullptr, 8 * page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  REQUIRE(mapped != MAP_FAILED);
  auto* bytes = static_cast<std::byte*>(mapped);
  CHECK(rb::resident_share({bytes, 8 * page}) == 0.0);
  bytes[0] = bytes[5 * page] = std::byte{1};
  CHECK(rb::resident_share({bytes, 8 * page}) == 0.25);
  CHECK_FALSE(rb::resident_share({}));
  ::munmap(mapped, 8 * page);
  ::close(file);
}
