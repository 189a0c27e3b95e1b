// What a capture costs, beside what it copies: both measured in turn in this process.
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <string>

#include "base/fd.h"
#include "harness/capture/capture.h"
#include "image/format.h"

namespace rb {
namespace {

constexpr std::size_t kSize = 64u << 20;

Mapping fresh_memory(int sharing = MAP_PRIVATE, std::size_t size = kSize) {
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);
  REQUIRE(at != MAP_FAILED);
  return {at, size};
}

/// A process with much memory, and no descriptor that leads to the test.
class Filled {
 public:
  Filled() {
    const Mapping ready = fresh_memory(MAP_SHARED, RBI_PAGE_SIZE);
    volatile std::byte& flag = ready.data()[0];
    const Mapping memory = fresh_memory();
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::syscall(SYS_close_range, 0, ~0u, 0);
      auto* words = reinterpret_cast<std::uint64_t*>(memory.data());
      for (std::size_t i = 0; i < kSize / sizeof *words; ++i) words[i] = rbi_word(1, i);
      flag = std::byte{1};
      for (;;) ::pause();
    }
    while (flag == std::byte{}) ::usleep(1000);
  }
  Filled(const Filled&) = delete;
  Filled& operator=(const Filled&) = delete;
  ~Filled() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

struct Cost {
  double seconds;  ///< of a CPU
  long faults;
};

template <class Action>
Cost cost_of(const Action& action) {
  rusage before{};
  rusage after{};
  ::getrusage(RUSAGE_SELF, &before);
  action();
  ::getrusage(RUSAGE_SELF, &after);
  const auto seconds = [](const rusage& usage) {
    const auto of = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
  };
  return {seconds(after) - seconds(before), after.ru_minflt - before.ru_minflt};
}

TEST_CASE("memory is captured about as fast as it can be copied, without a page fault a page",
          "[capture]") {
  if (::geteuid() != 0) {
    std::cerr << "skipped: needs root, for ptrace(2)\n";
    std::exit(77);
  }
  const auto directory =
      std::filesystem::temp_directory_path() / ("rb-capture-cost-" + std::to_string(::getpid()));
  std::filesystem::create_directories(directory);
  const std::string path = directory / "tree.img";
  const Filled filled;
  const Mapping source = fresh_memory();
  std::memset(source.data(), 1, kSize);

  Cost capture{1e9, 0};
  Cost copy{1e9, 0};
  constexpr int kRounds = 5;
  for (int round = 0; round < kRounds; ++round) {
    const Cost copied = cost_of([&] {
      const Mapping target = fresh_memory();
      std::memcpy(target.data(), source.data(), kSize);
    });
    std::uint64_t pages = 0;
    const Cost captured = cost_of([&] {
      const auto result = capture_tree({filled.pid(), path, true});
      INFO((result ? std::string() : describe(result.error())));
      REQUIRE(result);
      pages = result->pages;
    });
    REQUIRE(pages >= kSize / RBI_PAGE_SIZE);
    CHECK(captured.faults < static_cast<long>(pages / 16));
    capture.seconds = std::min(capture.seconds, captured.seconds);
    copy.seconds = std::min(copy.seconds, copied.seconds);
  }
  std::filesystem::remove_all(directory);
  std::cout << "CPU time of a capture, against that of a copy into fresh memory: "
            << capture.seconds / copy.seconds << '\n';
  CHECK(capture.seconds < 4 * copy.seconds);
}

}  // namespace
}  // namespace rb
