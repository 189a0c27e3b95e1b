#include "strategies/userspace/program_restarter.h"

#include <unistd.h>

namespace rb {
namespace {

class ProgramRestarter final : public Restarter {
 public:
  ProgramRestarter(const Image& image, Prepare prepare, Finish finish)
      : image_(image), prepare_(std::move(prepare)), finish_(std::move(finish)) {}

  [[nodiscard]] Status open(const StrategyOptions& options) {
    const ImageAt nowhere(image_, 0);
    auto first = prepare_(nowhere);
    if (!first) return tl::unexpected<Error>(first.error());
    auto session =
        Session::create(image_, scaffold_size(image_, first->program), options, first->execs);
    if (!session) return tl::unexpected<Error>(session.error());
    session_ = std::move(*session);
    return {};
  }

  Result<std::unique_ptr<Tree>> restart(StageClock& clock) override {
    const std::uint64_t before = clock.now_ns();
    const ImageAt at(image_, session_->scaffold().image_address());
    auto prepared = prepare_(at);
    clock.add(Stage::kPlan, clock.now_ns() - before);
    if (!prepared) return tl::unexpected<Error>(prepared.error());
    const Status started = session_->start(prepared->program, clock);
    return finish_(*session_, started, std::move(prepared->program), clock);
  }

 private:
  const Image& image_;
  Prepare prepare_;
  Finish finish_;
  std::unique_ptr<Session> session_;
};

}  // namespace

unsigned creators(const StrategyOptions& options) {
  if (options.cpus != 0) return options.cpus;
  const long online = ::sysconf(_SC_NPROCESSORS_ONLN);
  return online < 1 ? 1 : static_cast<unsigned>(online);
}

Result<Plan> plan_for(const SharingGraph& graph, unsigned width) {
  return make_plan(graph).map([&](Plan plan) { return spread(graph, std::move(plan), width); });
}

Result<std::unique_ptr<Tree>> finish_plainly(Session& session, const Status& started,
                                             Program&& program, StageClock& /*clock*/) {
  RB_TRY(started);
  return std::make_unique<SessionTree>(session, std::move(program));
}

Result<std::unique_ptr<Restarter>> open_restarter(const Image& image,
                                                  const StrategyOptions& options, Prepare prepare,
                                                  Finish finish) {
  auto restarter = std::make_unique<ProgramRestarter>(image, std::move(prepare), std::move(finish));
  RB_TRY(restarter->open(options));
  return restarter;
}

}  // namespace rb
