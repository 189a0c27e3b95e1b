// Memory that takes a path of its own in the module: huge pages, neighbours that become
// one VMA, and pages that are not like others.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

#include "base/fd.h"
#include "tests/module/slabs.h"
#include "tests/module/trial.h"
#include "workloads/synthetic/regions.h"
#include "workloads/synthetic/tree.h"

namespace rb::test {
namespace {

constexpr std::uint32_t kReadWrite = PROT_READ | PROT_WRITE;
constexpr std::uint64_t kHugePages = (2u << 20) / RBI_PAGE_SIZE;  // pages in a huge one

/// Notes on stderr what is wrong: the coordinator is another process.
bool expect(bool right, const std::string& what) {
  if (!right) std::cerr << "at the barrier: " << what << "\n";
  return right;
}

Image one_process(const std::function<void(SyntheticTree&)>& change) {
  SyntheticTree tree("memory", 1);
  change(tree);
  ImageWriter writer;
  tree.write(writer);
  auto image = writer.to_image();
  REQUIRE(image);
  return std::move(*image);
}

/// Every page that the image has contents for has them, in the first task.
bool same_contents(const Image& image) {
  const std::string path = fmt::format("/proc/{}/mem", image.tasks()[0].pid);
  const Fd memory(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!expect(memory.valid(), path)) return false;
  bool same = true;
  for (const rbi_run& run : image.runs_of(image.mms()[0])) {
    const auto wanted = image.contents(run);
    std::vector<std::byte> found(wanted.size());
    const auto got =
        ::pread(memory.get(), found.data(), found.size(), static_cast<off_t>(run.address));
    same &= expect(got == static_cast<ssize_t>(found.size()) &&
                       std::memcmp(found.data(), wanted.data(), found.size()) == 0,
                   fmt::format("contents at {:x}", run.address));
  }
  return same;
}

void mount_proc() {
  ::unshare(CLONE_NEWNS);
  ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  ::mount("proc", "/proc", "proc", 0, nullptr);
}

std::string proc_text(const Image& image, const char* name) {
  std::ostringstream text;
  text << std::ifstream(fmt::format("/proc/{}/{}", image.tasks()[0].pid, name)).rdbuf();
  return text.str();
}

/// In both modes, checked at the barrier, and nothing is left of it.
void restart(const Image& image, const std::function<bool()>& right) {
  for (const bool optimistic : {false, true}) {
    INFO((optimistic ? "optimistic" : "kernel"));
    Trial trial;
    trial.optimistic = optimistic;
    trial.release = false;
    trial.at_barrier = [&] {
      mount_proc();
      return same_contents(image) & right();
    };
    const Outcome outcome = run(image, trial);
    INFO("error " << outcome.error);
    CHECK(outcome.error == 0);
    CHECK(outcome.as_it_should);
    CHECK(outcome.finished);
  }
}

/// Refused in both modes, again and again, and nothing is left of it.
void refuse(const Image& image) {
  const Slabs before = Slabs::now();
  for (int round = 0; round < 20; ++round) {
    Trial trial;
    trial.optimistic = round % 2 != 0;
    const Outcome outcome = run(image, trial);
    CHECK(outcome.error == EOPNOTSUPP);
    CHECK(outcome.finished);
  }
  for (const std::string& leak : before.leaks()) FAIL_CHECK(leak);
}

/// A private mapping of the whole file, whose first page the image has contents for.
Image private_mapping(const std::string& path, std::uint64_t pages) {
  return one_process([&](SyntheticTree& tree) {
    const BackingId file =
        tree.add_backing({.kind = RBI_BACKING_FILE, .path = path, .pages = pages});
    tree.mm_of(tree.root()).regions = {{.start = kRegions,
                                        .pages = pages,
                                        .prot = kReadWrite,
                                        .kind = RBI_VMA_FILE,
                                        .backing = file,
                                        .contents = all_pages(1, 5)}};
  });
}

/// A setting of the kernel, as long as a test needs it.
class Setting {
 public:
  Setting(const char* path, const char* value, const char* later) : path_(path), later_(later) {
    set(value);
  }
  ~Setting() { set(later_); }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

 private:
  void set(const char* value) const { std::ofstream(path_) << value << std::flush; }
  const char* path_;
  const char* later_;
};

TEST_CASE("neighbours that differ in nothing are one VMA") {
  const Image image = one_process([](SyntheticTree& tree) {
    const auto at = [](std::uint64_t page) { return kRegions + page * RBI_PAGE_SIZE; };
    tree.mm_of(tree.root()).regions = {
        {.start = at(0), .pages = 4, .prot = kReadWrite, .contents = all_pages(4, 1)},
        {.start = at(4), .pages = 4, .prot = kReadWrite, .contents = some_pages(4, 2, 2)},
        {.start = at(8), .pages = 2, .prot = PROT_READ, .contents = all_pages(2, 3)},
        {.start = at(10), .pages = 2, .prot = PROT_READ},
        {.start = at(13), .pages = 1, .prot = PROT_READ, .contents = all_pages(1, 4)}};
  });
  restart(image, [&image] {
    const std::string maps = proc_text(image, "maps");
    return expect(maps.find("200000000000-200000008000 rw-p") != std::string::npos &&
                      maps.find("200000008000-20000000c000 r--p") != std::string::npos &&
                      maps.find("20000000d000-20000000e000 r--p") != std::string::npos,
                  "other VMAs:\n" + maps);
  });
}

TEST_CASE("memory becomes huge pages where all memory does") {
  const Image image = one_process([](SyntheticTree& tree) {
    // Neither begins nor ends with a huge page; two are whole.
    const std::uint64_t pages = 3 * kHugePages;
    tree.mm_of(tree.root()).regions = {{.start = kRegions + RBI_PAGE_SIZE,
                                        .pages = pages,
                                        .prot = kReadWrite,
                                        .contents = all_pages(pages, 7)}};
  });
  const auto huge_kib = [&image] {
    std::istringstream smaps(proc_text(image, "smaps"));
    bool in_region = false;
    for (std::string line; std::getline(smaps, line);) {
      in_region |= line.starts_with("200000001000-");
      if (in_region && line.starts_with("AnonHugePages:")) return std::stoul(line.substr(14));
    }
    return ~0ul;
  };
  constexpr const char* kEnabled = "/sys/kernel/mm/transparent_hugepage/enabled";
  restart(image, [&] { return expect(huge_kib() == 0, "huge pages, though they are off"); });
  const Setting on(kEnabled, "always", "never");
  restart(image, [&] {
    const auto found = huge_kib();
    return expect(found == 2 * 2048, fmt::format("{} KiB of huge pages", found));
  });
}

TEST_CASE("contents of hugetlb memory are refused") {
  const Setting reserved("/proc/sys/vm/nr_hugepages", "4", "0");
  ::mkdir("/tmp/huge", 0700);
  REQUIRE(::mount("huge", "/tmp/huge", "hugetlbfs", 0, "pagesize=2M") == 0);
  {
    const Fd file(::open("/tmp/huge/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    REQUIRE(file.valid());
    REQUIRE(::ftruncate(file.get(), kHugePages * RBI_PAGE_SIZE) == 0);
  }
  refuse(private_mapping("/tmp/huge/file", kHugePages));
  REQUIRE(::unlink("/tmp/huge/file") == 0);
  REQUIRE(::umount("/tmp/huge") == 0);
}

TEST_CASE("contents of a device's memory are refused") {
  // Registers of the emulated machine's SATA controller: a regular file of sysfs, whose
  // mapping has no struct page. They are mapped and not touched.
  const std::string registers = "/sys/bus/pci/devices/0000:00:1f.2/resource5";
  REQUIRE(::access(registers.c_str(), R_OK | W_OK) == 0);
  refuse(private_mapping(registers, 1));
}

}  // namespace
}  // namespace rb::test
