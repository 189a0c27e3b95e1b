#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "strategies/bare/in_process.h"

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
      std::memcpy(to, contents.data(), contents.size());
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
