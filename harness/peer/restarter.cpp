#include "harness/peer/restarter.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

namespace rb::peer {
namespace {

class ProcessTree final : public Tree {
 public:
  ProcessTree(std::unique_ptr<Holder> holder, ProcessRestarter& owner, bool (*given_up)())
      : holder_(std::move(holder)), owner_(owner), given_up_(given_up) {}
  ProcessTree(const ProcessTree&) = delete;
  ProcessTree& operator=(const ProcessTree&) = delete;
  ~ProcessTree() override {
    if (holder_) (void)destroy();
  }

  [[nodiscard]] TreeAccess access() const override {
    TreeAccess access;
    access.coordinator_pid = holder_->pid();
    access.at_barrier = false;
    access.given_up = given_up_;
    return access;
  }
  Status release() override { return {}; }
  Status destroy() override {
    if (!holder_) return {};
    holder_.reset();
    return owner_.make_ready();
  }

 private:
  std::unique_ptr<Holder> holder_;
  ProcessRestarter& owner_;
  bool (*given_up_)();
};

}  // namespace

Status ProcessRestarter::make_ready() {
  next_.reset();
  auto holder = Holder::start(storage_, {});
  if (!holder) return tl::unexpected(std::move(holder).error());
  next_ = std::move(*holder);
  return {};
}

Result<std::unique_ptr<Tree>> ProcessRestarter::restart(StageClock& /*clock*/) {
  if (!next_) return fail(ErrorKind::kRestart, "there is no pid namespace for the next restart");
  const auto ended = next_->run(command_, given_up_);
  std::unique_ptr<Holder> holder = std::move(next_);
  if (ended && ended->status == 0) {
    return std::make_unique<ProcessTree>(std::move(holder), *this, given_up_);
  }
  holder.reset();
  RB_TRY(make_ready());
  if (!ended) return tl::unexpected(ended.error());
  return fail(ErrorKind::kRestart,
              fmt::format("{} failed: {}", command_.front(), reason_(ended->output)));
}

bool write_image(const Image& image, const std::string& path) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.valid()) return false;
  std::span<const std::byte> left = image.bytes();
  while (!left.empty()) {
    const ssize_t written = ::write(file.get(), left.data(), left.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) left = left.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace rb::peer
