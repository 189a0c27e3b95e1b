#include "harness/objects/measure.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <functional>

#include "harness/objects/gated_clones.h"
#include "harness/objects/refused_clones.h"
#include "harness/objects/small_process.h"
#include "harness/statistics/summary.h"

namespace rb {
namespace {

constexpr unsigned long kShareAll = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND;
constexpr unsigned long kThread = kShareAll | CLONE_THREAD | CLONE_SYSVSEM;
constexpr unsigned kTasks = 16;        ///< made in a row, all alive at the same time
constexpr unsigned kCalls = 256;       ///< system calls in a row
constexpr unsigned kSmallRounds = 16;  ///< differences in a sample of a small object
constexpr std::size_t kPage = 4096;

using Sample = std::function<Result<MakeAndEnd>()>;

class Measurement {
 public:
  Measurement(const ObjectSizes& sizes, TimeSource& time, const GetAndPut& get_and_put)
      : sizes_(sizes), time_(time), get_and_put_(get_and_put) {}

  Result<std::vector<ObjectCost>> run() {
    RB_TRY(add("task", {}, [this] { return clones(kShareAll); }, {}));
    RB_TRY(add("thread", {}, [this] { return clones(kThread); }, {}));
    RB_TRY(pair("signal", {}, kShareAll, kThread));
    RB_TRY(pair("fs", {}, kShareAll & ~CLONE_FS, kShareAll));
    RB_TRY(pair("sighand", {}, kShareAll & ~CLONE_SIGHAND, kShareAll));
    for (const std::uint64_t count : sizes_.descriptors) RB_TRY(add_files(count));
    RB_TRY(add_mm({}));
    for (const std::uint64_t count : sizes_.vmas) RB_TRY(add_mm({0, count, 0}));
    for (const std::uint64_t bytes : sizes_.memory) RB_TRY(add_mm({0, 0, bytes}));
    RB_TRY(add("vma", {}, [this] { return mappings(1, false); }, {}));
    RB_TRY(add("page", {}, [this] { return mappings(64, true); }, {}));
    RB_TRY(add("fd", {}, [this] { return descriptors([] { return ::dup(0); }); }, {}));
    RB_TRY(add(
        "open_file", {}, [this] { return descriptors(open_null); },
        [this] { return descriptors([] { return ::dup(0); }); }));
    RB_TRY(add("pipe", {}, [this] { return pipes(); }, {}));
    for (ObjectCost& cost : costs_) RB_TRY(add_references(cost));
    return std::move(costs_);
  }

 private:
  static int open_null() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

  /// Takes samples of both in turn; the first of each is to warm up.
  Status add(const char* object, const ObjectSize& size, const Sample& own,
             const Sample& reference) {
    ObjectCost cost;
    cost.object = object;
    cost.size = size;
    for (unsigned i = 0; i <= sizes_.samples; ++i) {
      auto sample = own();
      if (!sample) return tl::unexpected(std::move(sample).error());
      if (i > 0) cost.own.push_back(*sample);
      if (!reference) continue;
      sample = reference();
      if (!sample) return tl::unexpected(std::move(sample).error());
      if (i > 0) cost.reference.push_back(*sample);
    }
    costs_.push_back(std::move(cost));
    return {};
  }

  Status pair(const char* object, const ObjectSize& size, unsigned long own,
              unsigned long reference) {
    RB_TRY(add(
        object, size, [this, own] { return clones(own); },
        [this, reference] { return clones(reference); }));
    std::vector<double>& at_once = costs_.back().at_once;
    for (unsigned i = 0; i <= sizes_.samples; ++i) {
      const auto sample = at_once_sample(size == ObjectSize{} ? kSmallRounds : 1, own, reference);
      if (!sample) return tl::unexpected(sample.error());
      if (i > 0) at_once.push_back(*sample);
    }
    return {};
  }

  /// The median of some differences, each of the two in the other order than the last: what the
  /// kernel does now and then, as free all that RCU held, is more than a small object, and is in
  /// few of them.
  Result<double> at_once_sample(unsigned rounds, unsigned long own, unsigned long reference) {
    std::vector<double> differences;
    for (unsigned i = 0; i < rounds; ++i) {
      const bool own_first = i % 2 == 0;
      auto first = refused(own_first ? own : reference, kTasks);
      if (!first) return first;
      auto second = refused(own_first ? reference : own, kTasks);
      if (!second) return second;
      differences.push_back(own_first ? *first - *second : *second - *first);
    }
    return median(std::move(differences));
  }

  Result<double> refused(unsigned long flags, unsigned count) {
    const std::uint64_t begin = time_.now_ns();
    RB_TRY(refuse_clones(count, flags));
    return static_cast<double>(time_.now_ns() - begin) / count;
  }

  /// What many references take in one call, less what the call takes.
  Status add_references(ObjectCost& cost) {
    const auto object = referred_object(cost.object);
    if (!object || !get_and_put_(*object, 1)) return {};
    const auto sample = [&](unsigned count) -> Result<double> {
      const std::uint64_t begin = time_.now_ns();
      RB_TRY(get_and_put_(*object, count));
      return static_cast<double>(time_.now_ns() - begin);
    };
    for (unsigned i = 0; i <= sizes_.samples; ++i) {
      const auto many = sample(most_references());
      const auto none = sample(0);
      if (!many || !none) return many ? tl::unexpected(none.error()) : tl::unexpected(many.error());
      if (i > 0) cost.get_put.push_back((*many - *none) / most_references());
    }
    return {};
  }

  Result<MakeAndEnd> clones(unsigned long flags) {
    const std::uint64_t begin = time_.now_ns();
    RB_TRY(clones_.create(kTasks, flags));
    const std::uint64_t made = time_.now_ns();
    clones_.end();
    return per(kTasks, begin, made, time_.now_ns());
  }

  static MakeAndEnd per(unsigned count, std::uint64_t begin, std::uint64_t made,
                        std::uint64_t ended) {
    return {static_cast<double>(made - begin) / count, static_cast<double>(ended - made) / count};
  }

  template <class Open>
  Result<MakeAndEnd> descriptors(Open open) {
    std::array<int, kCalls> fds;
    const std::uint64_t begin = time_.now_ns();
    for (int& fd : fds) fd = open();
    const std::uint64_t made = time_.now_ns();
    for (const int fd : fds) ::close(fd);
    const std::uint64_t ended = time_.now_ns();
    if (fds.back() < 0) return fail_errno("cannot open /dev/null often enough");
    return per(kCalls, begin, made, ended);
  }

  Result<MakeAndEnd> pipes() {
    std::array<std::array<int, 2>, kCalls / 4> ends;
    bool ok = true;
    const std::uint64_t begin = time_.now_ns();
    for (auto& pipe : ends) ok &= ::pipe2(pipe.data(), O_CLOEXEC) == 0;
    const std::uint64_t made = time_.now_ns();
    for (const auto& pipe : ends) {
      ::close(pipe[0]);
      ::close(pipe[1]);
    }
    const std::uint64_t ended = time_.now_ns();
    if (!ok) return fail_errno("pipe2");
    return per(ends.size(), begin, made, ended);
  }

  /// Private memory, mapping by mapping; touched: the cost is one of pages.
  Result<MakeAndEnd> mappings(std::size_t pages, bool touch) {
    constexpr unsigned kMappings = 32;
    std::array<void*, kMappings> at;
    const std::uint64_t begin = time_.now_ns();
    for (unsigned i = 0; i < kMappings; ++i) {
      // Of two kinds in turn, or neighbours would become one.
      at[i] =
          ::mmap(nullptr, pages * kPage, touch || i % 2 == 0 ? PROT_READ | PROT_WRITE : PROT_READ,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (at[i] == MAP_FAILED) return fail_errno("mmap");
      if (touch) std::memset(at[i], 1, pages * kPage);
    }
    const std::uint64_t made = time_.now_ns();
    for (void* address : at) ::munmap(address, pages * kPage);
    const std::uint64_t ended = time_.now_ns();
    return per(touch ? kMappings * static_cast<unsigned>(pages) : kMappings, begin, made, ended);
  }

  /// The table of this process, with as many descriptors as asked for.
  Status add_files(std::uint64_t count) {
    const rlim_t limit = open_file_limit(count + 16);
    if (count + 16 > limit) return {};
    for (std::uint64_t i = 3; i < count; ++i) {
      if (::dup(0) < 0) return fail_errno("dup");
    }
    Status status = pair("files", {count, 0, 0}, kShareAll & ~CLONE_FILES, kShareAll);
    ::close_range(3, ~0u, 0);
    return status;
  }

  /// The memory of this process, with what was asked for added to it.
  Status add_mm(const ObjectSize& size) {
    const std::size_t length = size.vmas > 0 ? size.vmas * kPage : size.memory;
    void* at = nullptr;
    if (length > 0) {
      at = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (at == MAP_FAILED) return fail_errno("mmap");
      ::madvise(at, length, MADV_NOHUGEPAGE);
    }
    auto* bytes = static_cast<char*>(at);
    for (std::uint64_t i = 1; i < size.vmas; i += 2)
      ::mprotect(bytes + i * kPage, kPage, PROT_READ);
    if (size.memory > 0) std::memset(at, 1, length);
    Status status = pair("mm", size, CLONE_FS | CLONE_FILES, CLONE_VM | CLONE_FS | CLONE_FILES);
    if (status) status = count_vmas(costs_.back());
    if (length > 0) ::munmap(at, length);
    return status;
  }

  /// How many VMAs a copy of this process has.
  Status count_vmas(ObjectCost& cost) {
    RB_TRY(clones_.create(1, CLONE_FS | CLONE_FILES));
    cost.copied_vmas = vmas_of(clones_.first());
    clones_.end();
    return {};
  }

  const ObjectSizes& sizes_;
  TimeSource& time_;
  const GetAndPut& get_and_put_;
  GatedClones clones_;
  std::vector<ObjectCost> costs_;
};

}  // namespace

Result<std::vector<ObjectCost>> measure_objects(const ObjectSizes& sizes, TimeSource& time,
                                                const GetAndPut& get_and_put) {
  Measurement measurement(sizes, time, get_and_put);
  become_small();
  return measurement.run();
}

}  // namespace rb
