#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include "strategies/bare/in_process.h"

namespace rb {
namespace {

/// A thread with a descriptor table of its own, empty before each restart. Where it can
/// have none, it runs no work, as that would close and open the process's descriptors.
class TableThread {
 public:
  TableThread() : thread_([this] { serve(); }) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return started_; });
  }
  TableThread(const TableThread&) = delete;
  TableThread& operator=(const TableThread&) = delete;
  ~TableThread() {
    run(nullptr);
    thread_.join();
  }

  /// 0, or the errno for which there is no table.
  [[nodiscard]] int error() const { return error_; }

  /// Runs work there and returns its errno; a null work ends the thread.
  int run(int (*work)(const Image&, StageClock&), const Image* image = nullptr,
          StageClock* clock = nullptr) {
    std::unique_lock lock(mutex_);
    work_ = work;
    image_ = image;
    clock_ = clock;
    asked_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !asked_; });
    return result_;
  }

 private:
  void serve() {
    // From here on this thread's descriptors are its own.
    const int error = ::unshare(CLONE_FILES) == 0 ? 0 : errno;
    if (error == 0) ::syscall(SYS_close_range, 0u, ~0u, 0u);
    {
      const std::lock_guard lock(mutex_);
      error_ = error;
      started_ = true;
    }
    changed_.notify_all();
    for (bool serving = true; serving;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return asked_; });
      serving = work_ != nullptr;
      if (serving) result_ = error == 0 ? work_(*image_, *clock_) : error;
      asked_ = false;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool started_ = false;
  int error_ = 0;
  bool asked_ = false;
  int (*work_)(const Image&, StageClock&) = nullptr;
  const Image* image_ = nullptr;
  StageClock* clock_ = nullptr;
  int result_ = 0;
  std::thread thread_;  // last: it uses what stands above
};

[[nodiscard]] int listen_on(std::string_view name, unsigned flags, unsigned backlog) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | static_cast<int>(flags & O_NONBLOCK), 0);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      ::listen(fd, static_cast<int>(backlog)) != 0) {
    return -1;
  }
  return fd;
}

/// A description, by the fewest calls there are; both ends for a pipe.
[[nodiscard]] int open_one(const Image& image, const rbi_ofd& ofd) {
  int ends[2];
  switch (ofd.kind) {
    case RBI_OFD_PIPE_READ:
    case RBI_OFD_PIPE_WRITE:
      return ::pipe2(ends, 0) == 0 ? ends[0] : -1;
    case RBI_OFD_SOCKET:
      return listen_on(image.string(image.socket_of(ofd).path), ofd.flags,
                       image.socket_of(ofd).backlog);
    default:
      return ::open(image.string(ofd.path).data(), static_cast<int>(ofd.flags));
  }
}

int open_all(const Image& image, StageClock& clock) {
  const std::uint64_t before = clock.now_ns();
  std::vector<char> pipe_made(image.pipes().size(), 0);
  int result = 0;
  for (const rbi_files& files : image.files()) {
    std::vector<int> held(image.ofds().size(), -1);
    for (const rbi_fd& fd : image.fds_of(files)) {
      const rbi_ofd& ofd = image.ofds()[fd.ofd];
      int& at = held[fd.ofd];
      if (at >= 0) {
        if (::fcntl(at, F_DUPFD, 0) < 0) result = errno;
      } else if (is_pipe_end(ofd) && pipe_made[ofd.object] != 0) {
        at = 0;  // came with its other end
      } else {
        at = open_one(image, ofd);
        if (at < 0) result = errno;
        if (is_pipe_end(ofd)) pipe_made[ofd.object] = 1;
      }
    }
    if (&files + 1 == image.files().data() + image.files().size()) break;
    ::syscall(SYS_close_range, 0u, ~0u, 0u);
  }
  clock.add(Stage::kOpenFiles, clock.now_ns() - before);
  return result;
}

int close_all(const Image& /*image*/, StageClock& /*clock*/) {
  ::syscall(SYS_close_range, 0u, ~0u, 0u);
  return 0;
}

class OpenTables final : public Tree {
 public:
  OpenTables(TableThread& thread, const Image& image) : thread_(thread), image_(image) {}
  OpenTables(const OpenTables&) = delete;
  OpenTables& operator=(const OpenTables&) = delete;
  ~OpenTables() override { close(); }

  [[nodiscard]] TreeAccess access() const override { return {}; }
  [[nodiscard]] Status release() override { return {}; }
  [[nodiscard]] Status destroy() override {
    close();
    return {};
  }

 private:
  void close() {
    StageClock unused(monotonic_time());
    thread_.run(close_all, &image_, &unused);
  }

  TableThread& thread_;
  const Image& image_;
};

class FilesRestarter final : public Restarter {
 public:
  explicit FilesRestarter(const Image& image) : image_(image) {}

  /// 0, or the errno for which nothing can be opened.
  [[nodiscard]] int error() const { return thread_.error(); }

  Result<std::unique_ptr<Tree>> restart(StageClock& clock) override {
    auto tree = std::make_unique<OpenTables>(thread_, image_);
    const int error = thread_.run(open_all, &image_, &clock);
    if (error != 0) return fail_errno("cannot open the image's descriptors", error);
    return tree;
  }

 private:
  const Image& image_;
  TableThread thread_;
};

Status supports(const Image& image, const StrategyOptions& /*options*/) {
  if (!image.fds().empty()) return {};
  return fail(ErrorKind::kUnsupported, "the image has no descriptors");
}

Result<std::unique_ptr<Restarter>> prepare(const Image& image, const StrategyOptions& /*options*/) {
  auto restarter = std::make_unique<FilesRestarter>(image);
  if (restarter->error() != 0) {
    return fail_errno("cannot make a table of descriptors", restarter->error());
  }
  return restarter;
}

}  // namespace

const Strategy kBareFiles = {
    kStrategyVersion,
    "bare-files",
    "reference: opens and places the descriptors, nothing else",
    StrategyKind::kReference,
    kOwnPidNamespace | kHostPids,  // it makes no task, so either will do
    supports,
    prepare,
};

}  // namespace rb
