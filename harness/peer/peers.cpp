#include "harness/peer/peers.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "harness/peer/criu.h"
#include "harness/peer/restarter.h"
#include "harness/verify/verify.h"

namespace rb::peer {
namespace {

constexpr unsigned kReportTimeoutSeconds = 60;

std::string image_path() { return fmt::format("{}/tree.img", kStorage); }
std::string dump_path() { return fmt::format("{}/dump", kStorage); }

/// By its name: in another mount namespace /proc/self/exe leads out of it.
std::string own_program() { return std::filesystem::read_symlink("/proc/self/exe"); }

std::vector<std::string> bench_restart(const std::string& strategy) {
  return {own_program(), "restart", image_path(), "--strategy", strategy, "--detach"};
}

/// The last line.
std::string last_line(std::string_view output) {
  while (!output.empty() && output.back() == '\n') output.remove_suffix(1);
  const auto before = output.rfind('\n');
  return std::string(before == std::string_view::npos ? output : output.substr(before + 1));
}

Status supports(const Image& /*image*/, const StrategyOptions& options) {
  if (options.creator.descriptors != 0 || options.creator.memory != 0) {
    return fail(ErrorKind::kUnsupported,
                "a peer is a program of its own, to which --creator-fds and --creator-memory "
                "mean nothing");
  }
  return {};
}

/// A tree that is running in a holder's namespace, for the verifier.
class HeldTree final : public Tree {
 public:
  HeldTree(pid_t holder, bool (*given_up)()) : holder_(holder), given_up_(given_up) {}
  [[nodiscard]] TreeAccess access() const override {
    TreeAccess access;
    access.coordinator_pid = holder_;
    access.at_barrier = false;
    access.given_up = given_up_;
    return access;
  }
  Status release() override { return {}; }
  Status destroy() override { return {}; }

 private:
  pid_t holder_;
  bool (*given_up_)();
};

/// A live tree that is what the image says, and has come to rest if it checks itself.
Status make_live_tree(Holder& holder, const Image& image, bool (*given_up)()) {
  const auto ended = holder.run(bench_restart("userspace"), given_up);
  if (!ended) return tl::unexpected(ended.error());
  if (ended->status != 0) {
    return fail(ErrorKind::kUnsupported,
                "there is no live tree for criu to dump: " + last_line(ended->output));
  }
  const auto verified =
      verify_running(image, HeldTree(holder.pid(), given_up), kReportTimeoutSeconds);
  if (!verified) return tl::unexpected(verified.error());
  if (verified->ok()) return {};
  return fail(ErrorKind::kRestart,
              "the live tree for criu to dump is wrong: " + verified->differences.front());
}

Result<std::unique_ptr<Restarter>> prepare_criu(const Image& image,
                                                const StrategyOptions& options) {
  const auto criu = find_criu();
  if (!criu) return tl::unexpected(criu.error());
  auto storage = Storage::create();
  if (!storage) return tl::unexpected(std::move(storage).error());
  auto holder = Holder::start(*storage, [&image] {
    return ::mkdir(dump_path().c_str(), 0700) == 0 && write_image(image, image_path());
  });
  if (!holder) return tl::unexpected(std::move(holder).error());
  RB_TRY(make_live_tree(**holder, image, options.given_up));
  const auto dumped =
      (*holder)->run(dump_command(*criu, image.tasks().front().pid, dump_path()), options.given_up);
  if (!dumped) return tl::unexpected(dumped.error());
  if (dumped->status != 0) {
    return fail(ErrorKind::kUnsupported, "criu cannot dump it: " + reason_in(dumped->output));
  }
  (*holder)->end();
  // The image is not needed any more, and may be large.
  (void)Holder::start(*storage, [] { return ::unlink(image_path().c_str()) == 0; });
  auto restarter = std::make_unique<ProcessRestarter>(
      std::move(*storage), restore_command(*criu, dump_path()), reason_in, options.given_up);
  RB_TRY(restarter->make_ready());
  return restarter;
}

Result<std::unique_ptr<Restarter>> prepare_bench(const char* strategy, const Image& image,
                                                 const StrategyOptions& options) {
  auto storage = Storage::create();
  if (!storage) return tl::unexpected(std::move(storage).error());
  // Its only purpose is the file: the storage goes on.
  const auto holder =
      Holder::start(*storage, [&image] { return write_image(image, image_path()); });
  if (!holder) return tl::unexpected(holder.error());
  auto restarter = std::make_unique<ProcessRestarter>(std::move(*storage), bench_restart(strategy),
                                                      last_line, options.given_up);
  RB_TRY(restarter->make_ready());
  return restarter;
}

Result<std::unique_ptr<Restarter>> prepare_bench_userspace(const Image& image,
                                                           const StrategyOptions& options) {
  return prepare_bench("userspace", image, options);
}
Result<std::unique_ptr<Restarter>> prepare_bench_kernel(const Image& image,
                                                        const StrategyOptions& options) {
  return prepare_bench("kernel", image, options);
}
Result<std::unique_ptr<Restarter>> prepare_bench_optimistic(const Image& image,
                                                            const StrategyOptions& options) {
  return prepare_bench("optimistic", image, options);
}

constexpr std::uint32_t kFlags = kRestoresTree | kOwnPidNamespace | kNeedsRoot;

constexpr Strategy kCriu = {kStrategyVersion,    "criu", "criu restore, as a process of its own",
                            StrategyKind::kPeer, kFlags, supports,
                            prepare_criu};
constexpr Strategy kBenchUserspace = {kStrategyVersion,
                                      "bench-userspace",
                                      "bench restart --strategy userspace, as a process of its own",
                                      StrategyKind::kPeer,
                                      kFlags,
                                      supports,
                                      prepare_bench_userspace};
constexpr Strategy kBenchKernel = {kStrategyVersion,
                                   "bench-kernel",
                                   "bench restart --strategy kernel, as a process of its own",
                                   StrategyKind::kPeer,
                                   kFlags | kNeedsDevice,
                                   supports,
                                   prepare_bench_kernel};
constexpr Strategy kBenchOptimistic = {
    kStrategyVersion,
    "bench-optimistic",
    "bench restart --strategy optimistic, as a process of its own",
    StrategyKind::kPeer,
    kFlags | kNeedsDevice,
    supports,
    prepare_bench_optimistic};
constexpr std::array kPeers = {&kCriu, &kBenchUserspace, &kBenchKernel, &kBenchOptimistic};

}  // namespace

std::span<const Strategy* const> peers() { return kPeers; }

Status check_peer(const Strategy& peer) {
  if (&peer != &kCriu) return {};
  const auto criu = find_criu();
  if (!criu) return tl::unexpected(criu.error());
  return check_criu(*criu);
}

Result<std::vector<std::string>> programs_of(const Strategy& peer) {
  if (&peer != &kCriu) return std::vector<std::string>{};
  auto criu = find_criu();
  if (!criu) return tl::unexpected(std::move(criu).error());
  return std::vector<std::string>{std::move(*criu)};
}

}  // namespace rb::peer
