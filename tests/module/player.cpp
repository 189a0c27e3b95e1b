#include "tests/module/player.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "strategies/kernel/module/restart_uapi.h"
#include "tests/module/handover.h"
#include "tests/module/optimistic.h"
#include "tests/support/image_mutator.h"

namespace rb::test {
namespace {

constexpr std::size_t kLongestImage = 4u << 20;

class Player {
 public:
  Player(const Game& game, const Move& first) : game_(game), choices_(first) { pick_image(); }

  void call(const Move& call) {
    choices_ = Choices(call);
    switch (below(18)) {
      case 0:
      case 1:
        return load();
      case 2:
      case 3:
      case 4:
      case 5:
      case 16:
      case 17:
        return restart();
      case 6:
        return give_anything();
      case 7:
      case 8:
        return run();
      case 9:
        return release();
      case 10:
        ::ioctl(device(), RESTART_ABORT, anything());
        return;
      case 11:
        return status();
      case 12:
        return attach();
      case 13:
        return change_image();
      case 14:
        return touch_device();
      default:
        return disturb();
    }
  }

 private:
  std::uint64_t number() { return choices_.number(); }
  std::uint64_t below(std::uint64_t n) { return choices_.below(n); }
  bool rarely() { return below(16) == 0; }
  const Image& image() { return (*game_.images)[image_]; }
  int device() {
    if (sensible_) return own_;
    return own_ >= 0 && below(2) == 0 ? own_ : game_.devices[below(game_.devices.size())];
  }

  /// A number or an address: null, odd, unmapped, the kernel's, read-only.
  std::uint64_t anything() {
    const std::array<std::uint64_t, 8> all = {
        0,
        1,
        0x1001,
        0xffff888000000000,
        0xffffffff81000000,
        ~0ull,
        0x7ffffffff000,
        reinterpret_cast<std::uint64_t>(image().bytes().data())};
    return all[below(all.size())] + (rarely() ? below(64) : 0);
  }

  /// A copy of an image that others may change, as it is or damaged.
  void pick_image() {
    image_ = below(game_.images->size());
    if (file_ >= 0) ::close(file_);
    file_ = ::memfd_create("image", MFD_CLOEXEC);
    const auto bytes = image().bytes();
    std::vector<std::byte> copy(bytes.begin(), bytes.end());
    std::vector<std::uint64_t> changes = choices_.changes();
    if (changes.empty() && below(3) == 0) changes.push_back(number());
    for (const std::uint64_t change : changes) {
      std::mt19937_64 random(change);
      copy = mutate_image(copy, kLongestImage, random);
    }
    if (::write(file_, copy.data(), copy.size()) < 0) return;
  }

  /// On a device of its own, in the right order; one call in ten is left out, and what it
  /// made is killed at the end, as its pids are wanted again.
  void restart() {
    const auto mostly = [this] { return below(10) != 0; };
    sensible_ = true;
    if (own_ >= 0) ::close(own_);
    own_ = ::open(RESTART_DEVICE, O_RDWR | O_CLOEXEC);
    pick_image();
    if (mostly()) load();
    if (mostly()) give_what_is_needed();
    if (mostly()) run();
    if (mostly()) release();
    sensible_ = false;
    for (const rbi_task& task : image().tasks()) ::kill(static_cast<pid_t>(task.pid), SIGKILL);
  }

  void load() {
    if (below(3) == 0) pick_image();
    restart_load load{};
    load.size = rarely() ? static_cast<__u32>(number()) : sizeof load;
    load.version = rarely() ? static_cast<__u32>(number()) : RESTART_API_VERSION;
    load.flags = rarely() ? static_cast<__u32>(number()) : static_cast<__u32>(below(2));
    load.image_fd = rarely() ? static_cast<__s32>(below(64)) - 2 : file_;
    load.inject = below(4) == 0 ? static_cast<__u32>(below(120)) : 0;
    load.reserved = rarely() ? 1 : 0;
    optimistic_ = load.flags == RESTART_OPTIMISTIC;
    if (rarely()) {
      ::ioctl(device(), RESTART_LOAD, anything());
    } else {
      ++(::ioctl(device(), RESTART_LOAD, &load) == 0 ? game_.tally->loaded : game_.tally->refused);
    }
  }

  void give_what_is_needed() {
    const auto everything = open_everything(image());
    (void)give_everything(device(), everything);
    for (const Given& given : everything) {
      for (const int fd : given.fds) {
        if (fd >= 0) ::close(fd);
      }
    }
  }

  void give_anything() {
    std::array<__s32, 16> fds{};
    for (__s32& fd : fds) fd = static_cast<__s32>(below(40)) - 2;
    if (rarely()) fds[0] = device();
    restart_files files{};
    files.kind = static_cast<__u32>(below(RESTART_FILE_KIND_COUNT + 1));
    files.first = rarely() ? static_cast<__u32>(number()) : static_cast<__u32>(below(8));
    files.count = rarely() ? static_cast<__u32>(number()) : static_cast<__u32>(below(17));
    files.fds = rarely() ? anything() : reinterpret_cast<__u64>(fds.data());
    ::ioctl(device(), RESTART_GIVE_FILES, &files);
  }

  void run() {
    if (optimistic_ && (sensible_ || below(2) == 0))
      (void)spawn_sharing_everything(image(), device());
    restart_status status{};
    status.size = rarely() ? static_cast<__u32>(number()) : sizeof status;
    if (rarely()) {
      ::ioctl(device(), RESTART_RUN, anything());
    } else if (::ioctl(device(), RESTART_RUN, &status) == 0) {
      ++game_.tally->ready;
    }
  }

  void release() {
    if (game_.release && ::ioctl(device(), RESTART_RELEASE, anything()) == 0)
      ++game_.tally->released;
  }

  void status() {
    restart_status status{};
    status.size = rarely() ? static_cast<__u32>(number()) : sizeof status;
    ::ioctl(device(), RESTART_STATUS, rarely() ? anything() : reinterpret_cast<__u64>(&status));
  }

  /// In a child, which it may change for good.
  void attach() {
    const pid_t child = ::fork();
    if (child != 0) return;
    const std::uint64_t task = rarely() ? number() : below(image().tasks().size() + 1);
    if (below(2) == 0) ::ioctl(device(), RESTART_ATTACH_SIGHAND, task);
    ::ioctl(device(), RESTART_ATTACH, task);
    ::_exit(0);
  }

  void change_image() {
    const auto size = static_cast<off_t>(image().bytes().size());
    if (below(4) == 0) {
      (void)::ftruncate(file_, static_cast<off_t>(below(static_cast<std::uint64_t>(size))));
    } else {
      const std::uint64_t word = number() >> below(64);
      const auto at = static_cast<off_t>(below(static_cast<std::uint64_t>(size)));
      (void)::pwrite(file_, &word, sizeof word, at);
    }
  }

  void touch_device() {
    char byte = 0;
    switch (below(5)) {
      case 0:
        ::ioctl(device(), static_cast<unsigned long>(_IOC(_IOC_READ, 'R', below(16), 8)),
                anything());
        return;
      case 1:
        (void)::read(device(), &byte, 1);
        return;
      case 2:
        (void)::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, device(), 0);
        return;
      case 3:
        if (own_ >= 0) ::close(own_);
        own_ = ::open(RESTART_DEVICE, O_RDWR | O_CLOEXEC);
        return;
      default:
        ::close(game_.devices[below(game_.devices.size())]);
    }
  }

  /// Some task of the namespace dies, or stops for a while.
  void disturb() {
    const auto pid = static_cast<pid_t>(2 + below(40));
    if (pid == ::getpid()) return;
    constexpr std::array<int, 4> kSignals = {SIGKILL, SIGSTOP, SIGCONT, SIGUSR1};
    ::kill(pid, kSignals[below(kSignals.size())]);
    ::usleep(static_cast<useconds_t>(below(2000)));
  }

  const Game& game_;
  Choices choices_;
  std::size_t image_ = 0;
  int file_ = -1;
  int own_ = -1;
  bool optimistic_ = false;
  bool sensible_ = false;  ///< calls go to its own device
};

}  // namespace

void play(const Game& game, const Script& script) {
  if (script.empty()) return;
  Player player(game, script.front());
  for (const Move& call : script) player.call(call);
}

}  // namespace rb::test
