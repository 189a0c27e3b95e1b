#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "strategies/bare/in_process.h"
#include "strategies/userspace/restorer/bulk.h"

namespace rb {
namespace {

class Copies final : public Tree {
 public:
  explicit Copies(std::vector<Mapping> mappings) : mappings_(std::move(mappings)) {}

  [[nodiscard]] TreeAccess access() const override { return {}; }
  [[nodiscard]] Status release() override { return {}; }
  [[nodiscard]] Status destroy() override {
    mappings_.clear();
    return {};
  }

 private:
  std::vector<Mapping> mappings_;
};

/// By userfaultfd(2) where the kernel has it and that pays, as `userspace` does.
void copy(std::span<const std::byte> contents, std::byte* to) {
  std::uint64_t done = 0;
  if (contents.size() >= RST_FILL_ABSENT_MIN) {
    done = fill_absent(reinterpret_cast<std::uintptr_t>(to), contents.size(),
                       reinterpret_cast<std::uintptr_t>(contents.data()));
  }
  std::memcpy(to + done, contents.data() + done, contents.size() - done);
}

class MemoryRestarter final : public Restarter {
 public:
  explicit MemoryRestarter(const Image& image) : image_(image) {}

  Result<std::unique_ptr<Tree>> restart(StageClock& clock) override {
    const std::uint64_t before = clock.now_ns();
    std::vector<Mapping> mappings;
    for (const rbi_run& run : image_.runs()) {
      const auto contents = image_.contents(run);
      void* to = ::mmap(nullptr, contents.size(), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (to == MAP_FAILED) return fail_errno("cannot map fresh pages");
      mappings.emplace_back(to, contents.size());
      copy(contents, static_cast<std::byte*>(to));
    }
    clock.add(Stage::kMemory, clock.now_ns() - before);
    return std::make_unique<Copies>(std::move(mappings));
  }

 private:
  const Image& image_;
};

Status supports(const Image& image, const StrategyOptions& /*options*/) {
  if (!image.runs().empty()) return {};
  return fail(ErrorKind::kUnsupported, "the image has no memory contents");
}

Result<std::unique_ptr<Restarter>> prepare(const Image& image, const StrategyOptions& /*options*/) {
  return std::make_unique<MemoryRestarter>(image);
}

}  // namespace

const Strategy kBareMemory = {
    kStrategyVersion,
    "bare-memory",
    "reference: copies the memory contents once into fresh pages, nothing else",
    StrategyKind::kReference,
    kOwnPidNamespace | kHostPids,  // it makes no task, so either will do
    supports,
    prepare,
};

}  // namespace rb
