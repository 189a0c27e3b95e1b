#include "doubles.h"

#include <signal.h>

#include <array>

#include "fake_counters.h"
#include "harness/bench.h"
#include "harness/capture/capture.h"
#include "strategies/null/null.h"

namespace rb::test {
namespace {

int trees = 0;

/// What a tree of a double does when it is looked at.
enum class Fault { kNone, kWrong, kRunsWrong, kDestroy };

class DoubleTree final : public Tree {
 public:
  explicit DoubleTree(Fault tree_fault) : fault(tree_fault) { ++trees; }
  ~DoubleTree() override { --trees; }

  TreeAccess access() const override { return {}; }
  Status release() override { return {}; }
  Status destroy() override {
    if (fault == Fault::kDestroy) return fail(ErrorKind::kSystem, "cannot reap task 7");
    return {};
  }

  const Fault fault;
};

using Restart = Result<std::unique_ptr<Tree>> (*)(int nth);

/// Counts its restarts and asks a function what the nth does.
class DoubleRestarter final : public Restarter {
 public:
  explicit DoubleRestarter(Restart restart_nth) : restart_nth_(restart_nth) {}
  Result<std::unique_ptr<Tree>> restart(StageClock& clock) override {
    const std::uint64_t begin = clock.now_ns();
    clock.add(Stage::kCreate, clock.now_ns() - begin);
    return restart_nth_(++restarts_);
  }

 private:
  Restart restart_nth_;
  int restarts_ = 0;
};

template <Fault kFault>
Result<std::unique_ptr<Tree>> makes(int /*nth*/) {
  return std::make_unique<DoubleTree>(kFault);
}
Result<std::unique_ptr<Tree>> fails(int /*nth*/) {
  return fail(ErrorKind::kRestart, "clone3: Resource temporarily unavailable", "raise pid_max");
}
Result<std::unique_ptr<Tree>> fails_late(int nth) {
  return nth < 5 ? makes<Fault::kNone>(nth) : fails(nth);
}
Result<std::unique_ptr<Tree>> wrong_late(int nth) {
  return nth < 5 ? makes<Fault::kNone>(nth) : makes<Fault::kWrong>(nth);
}
Result<std::unique_ptr<Tree>> interrupted(int nth) {
  if (nth == 3) ::raise(SIGTERM);
  return makes<Fault::kNone>(nth);
}

/// Takes as long as so many looks at the fake clock.
template <int kLooks>
class LookingRestarter final : public Restarter {
 public:
  Result<std::unique_ptr<Tree>> restart(StageClock& clock) override {
    for (int i = 0; i < kLooks; ++i) (void)clock.now_ns();
    return makes<Fault::kNone>(0);
  }
};

template <int kLooks>
Result<std::unique_ptr<Restarter>> prepare_looking(const Image& /*image*/,
                                                   const StrategyOptions& /*options*/) {
  return std::make_unique<LookingRestarter<kLooks>>();
}

template <Restart kRestart>
Result<std::unique_ptr<Restarter>> prepare(const Image& /*image*/,
                                           const StrategyOptions& /*options*/) {
  return std::make_unique<DoubleRestarter>(kRestart);
}

Status supports(const Image& /*image*/, const StrategyOptions& /*options*/) { return {}; }
Status refuses(const Image& /*image*/, const StrategyOptions& /*options*/) {
  return fail(ErrorKind::kUnsupported, "tasks 2 and 3 share files with no common creator");
}
Status lacks(const Image& /*image*/, const StrategyOptions& /*options*/) {
  return fail(ErrorKind::kLacking, "needs 20,000 open files, the limit is 1,024",
              "raise RLIMIT_NOFILE");
}

template <Restart kRestart>
constexpr Strategy strategy(const char* name, StrategyKind kind,
                            std::uint32_t flags = kRestoresTree | kOwnPidNamespace,
                            decltype(Strategy::supports) check = supports) {
  return {kStrategyVersion, name, "a double", kind, flags, check, prepare<kRestart>};
}

constexpr Strategy kGood = strategy<makes<Fault::kNone>>("good", StrategyKind::kRestart);
constexpr Strategy kVariant = strategy<makes<Fault::kNone>>("variant", StrategyKind::kVariant);
constexpr Strategy kBare =
    strategy<makes<Fault::kNone>>("bare", StrategyKind::kReference, kOwnPidNamespace | kHostPids);
constexpr Strategy kFails = strategy<fails>("fails-restart", StrategyKind::kTest);
constexpr Strategy kFailsLate = strategy<fails_late>("fails-late", StrategyKind::kTest);
constexpr Strategy kWrong = strategy<makes<Fault::kWrong>>("restores-wrong", StrategyKind::kTest);
constexpr Strategy kRunsWrong =
    strategy<makes<Fault::kRunsWrong>>("runs-wrong", StrategyKind::kTest);
constexpr Strategy kWrongLate = strategy<wrong_late>("wrong-late", StrategyKind::kTest);
constexpr Strategy kDestroy =
    strategy<makes<Fault::kDestroy>>("fails-destroy", StrategyKind::kTest);
constexpr Strategy kRefuses = strategy<makes<Fault::kNone>>(
    "refuses", StrategyKind::kTest, kRestoresTree | kOwnPidNamespace, refuses);
constexpr Strategy kLacks = strategy<makes<Fault::kNone>>("lacks", StrategyKind::kTest,
                                                          kRestoresTree | kOwnPidNamespace, lacks);
constexpr Strategy kTakes99 = {kStrategyVersion,    "takes-99",       "a double",
                               StrategyKind::kTest, kOwnPidNamespace, supports,
                               prepare_looking<99>};
constexpr Strategy kTakes102 = {kStrategyVersion,    "takes-102",      "a double",
                                StrategyKind::kTest, kOwnPidNamespace, supports,
                                prepare_looking<102>};
constexpr Strategy kInterrupted = strategy<interrupted>("interrupted", StrategyKind::kTest);

constexpr std::array kStrategies = {&kGood,        &kVariant,   &kBare,    &kNullStrategy,
                                    &kFails,       &kFailsLate, &kWrong,   &kRunsWrong,
                                    &kWrongLate,   &kDestroy,   &kRefuses, &kLacks,
                                    &kInterrupted, &kTakes99,   &kTakes102};

constexpr Strategy kPeer = strategy<makes<Fault::kNone>>("peer", StrategyKind::kPeer);
constexpr Strategy kMissing = strategy<makes<Fault::kNone>>("missing", StrategyKind::kPeer);
constexpr std::array kPeers = {&kPeer, &kMissing};

Status check_peer(const Strategy& peer) {
  if (&peer != &kMissing) return {};
  return fail(ErrorKind::kLacking, "there is no missing for --peer missing", "install it");
}

constexpr Parameter kParameters[] = {
    {"n", "tasks", 1, 1, 10000, "1,10"},
    {"m", "nothing", 0, 0, 9, "0"},
};
Status build_mini(const ParameterValues& /*values*/, ImageWriter& /*writer*/) { return {}; }
constexpr Workload kMini = {"mini", "n tasks that share nothing", kParameters, build_mini};
constexpr Workload kOther = {"other", "one task", {}, build_mini};
constexpr std::array<const Workload*, 2> kWorkloads = {&kMini, &kOther};

/// Only the number of tasks is ever asked for.
Result<Image> build(const Workload& workload, const ParameterValues& values) {
  ParameterValues threads;
  if (workload.name == std::string_view("mini")) threads["n"] = values.at("n");
  const Workload& real = *find_workload("threads");
  auto complete = complete_parameters(real, threads);
  if (!complete) return tl::unexpected(std::move(complete).error());
  return build_image(real, *complete);
}

Status no_fixtures(const Image& /*image*/) { return {}; }

Verification judge(const Tree& tree, Fault fault, const char* difference) {
  const auto* own = dynamic_cast<const DoubleTree*>(&tree);
  if (own == nullptr || own->fault != fault) return {};
  return {{difference, "task 3 (pid 9, \"worker\"): umask: expected 022, found 0"}};
}
Result<Verification> stopped(const Image& /*image*/, const Tree& tree) {
  return judge(tree, Fault::kWrong,
               "task 2 (pid 8, \"worker\"): fd 5: expected a pipe, found none");
}
Result<Verification> running(const Image& /*image*/, const Tree& tree, unsigned /*timeout_s*/) {
  return judge(tree, Fault::kRunsWrong, "task 2 (pid 8, \"worker\"): rbx: expected 0x1, found 0x0");
}

/// Says that it was called, and "succeeds".
Result<int> run_in_vm(const Invocation& /*options*/, bool needs_module, const Streams& streams) {
  streams.out << "virtual machine" << (needs_module ? " with the module\n" : "\n");
  return 0;
}
Result<int> run_cells_in_vm(const RunOptions& options, bool needs_module, const Parts& /*parts*/,
                            const Streams& streams) {
  return run_in_vm(options, needs_module, streams);
}

/// Says what it would run.
Result<int> run_guest_command(const GuestOptions& options, const Streams& streams) {
  streams.out << "in " << options.root << ", " << options.limit_s << " s:";
  for (const std::string& argument : options.command) streams.out << " [" << argument << ']';
  streams.out << '\n';
  return 5;
}

/// Pid 8 is a tree of three tasks; another one has a socket.
Result<Captured> capture(const CaptureRequest& request) {
  if (request.root != 8) {
    return fail(ErrorKind::kUnsupported,
                "cannot capture the tree of pid 9 (worker): pid 9 (worker) fd 5 (socket:[7]) is a "
                "socket: an image cannot hold it");
  }
  Captured captured;
  captured.processes = 1;
  captured.tasks = 3;
  captured.pages = 300;
  captured.stops = 10;
  captured.stage_ns = {1'000'000, 2'000'000, 500'000, 4'000'000, 100'000};
  captured.frozen_ns = 7'600'000;
  return captured;
}

}  // namespace

Parts doubles() {
  return {.strategies = kStrategies,
          .peers = kPeers,
          .workloads = kWorkloads,
          .default_workloads = "mini:n=2,other",
          .build_image = build,
          .make_fixtures = no_fixtures,
          .verify_stopped = stopped,
          .checks_itself = [](const Image&) { return true; },
          .verify_held = [](const Image& image, Tree& tree) { return stopped(image, tree); },
          .verify_running = running,
          .check_peer = check_peer,
          .counters = &fake_counters(),
          .kernel_facts = fake_kernel_facts,
          .capture = capture,
          .run_in_vm = run_in_vm,
          .run_cells_in_vm = run_cells_in_vm,
          .run_guest_command = run_guest_command};
}

int live_trees() { return trees; }

}  // namespace rb::test
