// A scaffold with its zygote: starts programs, one tree at a time.
#pragma once

#include <sys/types.h>

#include <memory>

#include "base/error.h"
#include "strategies/strategy.h"
#include "strategies/userspace/account.h"
#include "strategies/userspace/scaffold.h"

namespace rb {

/// Runs the restorer's programs for one image. The zygote is forked when the
/// session is made, outside of any measurement; each start() then clones a
/// coordinator from it.
class Session {
 public:
  /// @param execs  whether programs may use RST_EXEC
  [[nodiscard]] static Result<std::unique_ptr<Session>> create(const Image& image,
                                                               const ScaffoldSize& size,
                                                               const StrategyOptions& options,
                                                               bool execs);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  /// Destroys what runs and ends the zygote.
  ~Session();

  [[nodiscard]] Scaffold& scaffold() { return scaffold_; }

  /// Loads a program, runs it up to the barrier, and reports stage times. After
  /// an error nothing of the tree is left.
  [[nodiscard]] Status start(const Program& program, StageClock& clock);

  /// What each coordinator has when it starts.
  [[nodiscard]] BornWith born_with() const;

  /// See Tree.
  [[nodiscard]] TreeAccess access() const;
  [[nodiscard]] Status release();
  [[nodiscard]] Result<int> wait_root();
  [[nodiscard]] Status detach();
  [[nodiscard]] Status destroy();

 private:
  Session(const Image& image, const StrategyOptions& options, bool execs)
      : image_(image), options_(options), execs_(execs) {}

  [[nodiscard]] Status fork_zygote();
  [[nodiscard]] Status set_up_creator();
  void quit();
  void free_throwaway_pids();
  [[nodiscard]] Status command(rst_channel& channel, rst_command command, unsigned timeout_s);
  [[nodiscard]] Status wait_ready();
  [[nodiscard]] bool given_up() const {
    return options_.given_up != nullptr && options_.given_up();
  }
  [[nodiscard]] Status go_on() const;
  [[nodiscard]] Error failure() const;
  [[nodiscard]] Error stalled(const char* what) const;
  void report_stages(StageClock& clock, std::uint64_t started_ns, std::uint64_t started_cycles,
                     std::uint64_t ended_ns, std::uint64_t ended_cycles) const;

  const Image& image_;
  StrategyOptions options_;
  bool execs_;
  Scaffold scaffold_;
  pid_t zygote_ = -1;
  pid_t coordinator_ = -1;
  bool running_ = false;
};

/// The tree of a session, as the strategy contract has it.
class SessionTree final : public Tree {
 public:
  SessionTree(Session& session, Program program)
      : session_(session), program_(std::move(program)) {}
  SessionTree(const SessionTree&) = delete;
  SessionTree& operator=(const SessionTree&) = delete;
  ~SessionTree() override;

  [[nodiscard]] TreeAccess access() const override { return session_.access(); }
  [[nodiscard]] std::optional<RestartAccount> account() const override {
    return account_for(program_, session_.born_with());
  }
  [[nodiscard]] Status release() override { return session_.release(); }
  [[nodiscard]] Result<int> wait_root() override { return session_.wait_root(); }
  [[nodiscard]] Status detach() override { return session_.detach(); }
  [[nodiscard]] Status destroy() override { return session_.destroy(); }

 private:
  Session& session_;
  Program program_;
};

}  // namespace rb
