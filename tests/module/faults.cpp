// Documentation/fault-injection/fault-injection.rst of the kernel, and lib/fault-inject.c.
#include "tests/module/faults.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string_view>

namespace rb::test {
namespace {

const std::string kDebugfs = "/sys/kernel/debug/";
constexpr const char* kNth = "/proc/thread-self/fail-nth";
constexpr unsigned long kBeginning = 1000;
constexpr int kMostAllocations = 1'000'000;

void write_setting(const std::string& path, std::string_view value) {
  std::ofstream file(path);
  file << value << std::flush;
  if (file) return;
  std::cerr << "cannot write " << value << " to " << path << "\n";
  std::_Exit(3);
}

/// Slab objects and a page, which are freed again.
void allocate_something() {
  const Fd object(::eventfd(0, EFD_CLOEXEC));
  void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (page != MAP_FAILED) ::munmap(page, 4096);
}

}  // namespace

bool can_inject_faults() {
  return ::access(kNth, W_OK) == 0 && ::access((kDebugfs + "failslab/times").c_str(), W_OK) == 0 &&
         ::access((kDebugfs + "fail_page_alloc/times").c_str(), W_OK) == 0;
}

void prepare_faults() {
  for (const char* kind : {"failslab", "fail_page_alloc"}) {
    const std::string folder = kDebugfs + kind + "/";
    write_setting(folder + "ignore-gfp-wait", "N");
    write_setting(folder + "verbose", "0");
  }
  write_setting(kDebugfs + "fail_page_alloc/ignore-gfp-highmem", "N");
  write_setting(kDebugfs + "fail_page_alloc/min-order", "0");
  const std::string copies = kDebugfs + "fail_usercopy/verbose";
  if (::access(copies.c_str(), W_OK) == 0) write_setting(copies, "0");
}

FailNth::FailNth() : file_(::open(kNth, O_RDWR | O_CLOEXEC)) {
  if (!file_.valid()) std::_Exit(3);
}

void FailNth::arm(unsigned n) const {
  const std::string text = std::to_string(n);
  if (::pwrite(file_.get(), text.data(), text.size(), 0) < 0) std::_Exit(3);
}

bool FailNth::disarm() const {
  char text[16] = {};
  // A copy that fails here is the n-th itself: it has not come to that before.
  const ssize_t got = ::pread(file_.get(), text, sizeof text - 1, 0);
  (void)!::pwrite(file_.get(), "0", 1, 0);  // fails only where nothing is armed any more
  return got > 0 && std::atoi(text) == 0;
}

void be_failed(bool yes) { write_setting("/proc/self/make-it-fail", yes ? "1" : "0"); }

FailInTree::FailInTree(const std::string& kind) : folder_(kDebugfs + kind + "/") {
  const std::string mark = "/run/" + kind;
  if (::access(mark.c_str(), F_OK) == 0) {
    std::cerr << "a test counted " << kind << " in this boot already\n";
    std::_Exit(3);
  }
  std::ofstream(mark) << "counted\n";
  write_setting(folder_ + "task-filter", "Y");
  set("space", 0);
  // An interval of 1 would not be counted.
  arm(kBeginning);
  (void)disarm();
}

void FailInTree::set(const char* name, unsigned long value) const {
  write_setting(folder_ + name, std::to_string(value));
}

/// Every allocation whose number is a multiple of the interval may fail; but once only.
void FailInTree::arm(unsigned long n) {
  next_ = count_ + n;
  set("interval", next_);
  set("times", 1);
  set("probability", 100);
}

bool FailInTree::is_used_up() const {
  int times = 1;
  std::ifstream(folder_ + "times") >> times;
  return times == 0;
}

/// So that the count is known again.
void FailInTree::use_up() const {
  be_failed(true);
  for (int i = 0; i < kMostAllocations && !is_used_up(); ++i) allocate_something();
  be_failed(false);
  if (is_used_up()) return;
  std::cerr << "no allocation fails: " << folder_ << "\n";
  std::_Exit(3);
}

bool FailInTree::disarm() {
  const bool come = is_used_up();
  if (!come) use_up();
  set("probability", 0);
  count_ = next_;
  return come;
}

}  // namespace rb::test
