#include "strategies/null/null.h"

namespace rb {
namespace {

class NullTree final : public Tree {
 public:
  TreeAccess access() const override { return {}; }
  Status release() override { return {}; }
  Status destroy() override { return {}; }
};

class NullRestarter final : public Restarter {
 public:
  Result<std::unique_ptr<Tree>> restart(StageClock& clock) override {
    for (std::size_t stage = 0; stage < kStageCount; ++stage) {
      const std::uint64_t begin = clock.now_ns();
      clock.add(static_cast<Stage>(stage), clock.now_ns() - begin);
    }
    return std::make_unique<NullTree>();
  }
};

Status supports(const Image& /*image*/, const StrategyOptions& /*options*/) { return {}; }

Result<std::unique_ptr<Restarter>> prepare(const Image& /*image*/,
                                           const StrategyOptions& /*options*/) {
  return std::make_unique<NullRestarter>();
}

}  // namespace

const Strategy kNullStrategy = {
    .version = kStrategyVersion,
    .name = "null",
    .summary = "restarts nothing; tests the harness itself",
    .kind = StrategyKind::kTest,
    .flags = kOwnPidNamespace | kHostPids,
    .supports = supports,
    .prepare = prepare,
};

}  // namespace rb
