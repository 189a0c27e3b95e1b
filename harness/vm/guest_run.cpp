#include "harness/vm/guest_run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "harness/exit_code.h"
#include "harness/interrupt.h"
#include "harness/vm/console.h"
#include "harness/vm/file_server.h"
#include "harness/vm/frames.h"
#include "harness/vm/guest_config.h"
#include "harness/vm/image_files.h"
#include "harness/vm/initramfs.h"
#include "harness/vm/libraries.h"
#include "harness/vm/loadable.h"
#include "harness/vm/neutral.h"
#include "harness/vm/qemu.h"

namespace rb::vm {
namespace {

using Clock = std::chrono::steady_clock;

/// For a guest that was told to end, and for QEMU once its guest has.
constexpr std::chrono::seconds kToEnd(30);
constexpr unsigned kPollMs = 200;

Result<std::string> contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file) return fail_errno("cannot read " + path);
  // Of an empty file nothing is inserted, which is a failure for a stream.
  if (file.peek() != std::ifstream::traits_type::eof() && !(text << file.rdbuf())) {
    return fail_errno("cannot read " + path);
  }
  return std::move(text).str();
}

/// In the guest's root, whose paths are relative in the archive.
std::string in_root(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().relative_path();
}

/// A captured program maps its executable and libraries, which only this machine has.
Status add_named_files(const std::string& image_path, Initramfs& archive) {
  const auto image = Image::open(image_path, CheckContents::kNo);
  if (!image) return {};  // no image, or a damaged one: the guest says so
  const ImageFiles named = files_of_image(*image);
  for (const std::string& directory : named.directories) {
    if (directory != "/") RB_TRY(archive.add_directory(in_root(directory)));
  }
  for (const std::string& file : named.files) {
    const auto bytes = contents(file);
    if (!bytes) return tl::unexpected(bytes.error());
    // An executable must be one there, too: prctl(PR_SET_MM_EXE_FILE).
    RB_TRY(
        archive.add_file(in_root(file), *bytes, ::access(file.c_str(), X_OK) == 0 ? 0755 : 0644));
  }
  return {};
}

/// With what the dynamic linker loads for it.
Status add_program(const std::string& program, Initramfs& archive) {
  for (const std::string& path : with_libraries(program)) {
    const auto bytes = contents(path);
    if (!bytes) return tl::unexpected(bytes.error());
    RB_TRY(archive.add_file(in_root(path), *bytes, 0755));
  }
  return {};
}

Result<Fd> make_initramfs(const GuestJob& job) {
  auto program = contents("/proc/self/exe");
  if (!program) return tl::unexpected(std::move(program).error());
  auto init = loadable_part(std::move(*program));
  if (!init) return tl::unexpected(std::move(init).error());
  auto archive = Initramfs::create();
  if (!archive) return tl::unexpected(std::move(archive).error());
  RB_TRY(archive->add_file("init", *init, 0755));
  GuestConfig config{job.arguments, std::filesystem::current_path(), std::time(nullptr),
                     job.machine};
  if (!job.root.empty()) {
    config.foreign = true;
    for (char** variable = environ; *variable != nullptr; ++variable) {
      config.environment.emplace_back(*variable);
    }
  }
  for (const std::string& path : job.modules) {
    const auto module = contents(path);
    if (!module) return tl::unexpected(module.error());
    config.modules.push_back("modules/" + std::filesystem::path(path).filename().string());
    RB_TRY(archive->add_file(config.modules.back(), *module, 0644));
  }
  for (const std::string& path : job.programs) {
    RB_TRY(add_program(path, *archive));
  }
  if (job.machine.counts_instructions()) {
    // A digit that takes one instruction more moves every timer interrupt.
    config.arguments = neutral_arguments(job.arguments);
    config.host_time_s = kGuestTime;
    if (job.files.empty()) config.directory.assign(1, '/');
  }
  RB_TRY(archive->add_file(kGuestConfigPath, to_text(config), 0644));
  if (!job.kernel.module.empty()) {
    const auto module = contents(job.kernel.module);
    if (!module) return tl::unexpected(module.error());
    RB_TRY(archive->add_file(kGuestModulePath, *module, 0644));
  }
  for (const char* directory : {"proc", "sys", "dev", "tmp", "run"}) {
    RB_TRY(archive->add_directory(directory));
  }
  if (const auto directory = in_root(config.directory); !directory.empty()) {
    RB_TRY(archive->add_directory(directory));
  }
  for (const std::string& file : job.files) {
    const auto bytes = contents(file);
    if (!bytes) return tl::unexpected(bytes.error());
    RB_TRY(archive->add_file(in_root(file), *bytes, 0644));
    RB_TRY(add_named_files(file, *archive));
  }
  return std::move(*archive).finish();
}

/// What QEMU holds one end of.
struct Channel {
  Fd ours;
  Fd qemus;
};

Result<Channel> make_socket() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail_errno("socketpair");
  }
  return Channel{Fd(ends[0]), Fd(ends[1])};
}

Result<Channel> make_line() {
  constexpr int kRoom = 1 << 20;  // what anybody may ask for: pipe(7)
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return fail_errno("pipe2");
  // With less room it works too: the guest waits.
  (void)::fcntl(ends[0], F_SETPIPE_SZ, kRoom);
  return Channel{Fd(ends[0]), Fd(ends[1])};
}

/// Listens to a guest until it has said its exit code, or will not.
class Session {
 public:
  Session(const GuestJob& job, const Streams& streams, Fd console, Fd line)
      : job_(job), streams_(streams), console_fd_(std::move(console)), line_fd_(std::move(line)) {}

  Result<int> attend();

 private:
  Status take_frames();
  Status handle(const Frame& frame);
  [[nodiscard]] std::string restored(const std::string& text) const;
  void pass_signal_on();
  void forget_stops();
  std::optional<Ending> out_of_patience() const;

  const GuestJob& job_;
  const Streams& streams_;
  std::time_t started_ = std::time(nullptr);
  Fd console_fd_;
  Fd line_fd_;
  Console console_;
  FrameDecoder frames_;
  std::optional<int> code_;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point last_sign_ = begin_;
  int continued_ = times_continued();
  std::optional<Clock::time_point> told_to_end_;
};

/// What is there to be read; nothing at the end of the stream.
std::optional<std::string> read_some(const Fd& fd) {
  std::string bytes(1 << 16, '\0');
  const ssize_t got = ::read(fd.get(), bytes.data(), bytes.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return "";
  if (got <= 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

/// The empty text is that of a file which is only tried for its permissions.
std::string Session::restored(const std::string& text) const {
  return job_.machine.counts_instructions() ? restored_results(text, started_, job_.arguments)
                                            : text;
}

Status Session::handle(const Frame& frame) {
  switch (frame.type) {
    case FrameType::kHello:
      break;
    case FrameType::kOut:
      streams_.out << (job_.out == "-" ? restored(frame.payload) : frame.payload) << std::flush;
      break;
    case FrameType::kErr:
      streams_.err << frame.payload << std::flush;
      break;
    case FrameType::kProgress:
      if (const auto state = parse_progress(frame.payload); state && streams_.progress) {
        streams_.progress(*state);
      }
      break;
    case FrameType::kResults:
      return streams_.replace_file(job_.out, restored(frame.payload));
    case FrameType::kExit: {
      int code = 0;
      const char* end = frame.payload.data() + frame.payload.size();
      if (std::from_chars(frame.payload.data(), end, code).ptr == end) code_ = code;
      break;
    }
  }
  return {};
}

Status Session::take_frames() {
  for (;;) {
    auto frame = frames_.next();
    if (!frame) return tl::unexpected(std::move(frame).error());
    if (!*frame) return {};
    RB_TRY(handle(**frame));
  }
}

void Session::pass_signal_on() {
  const int signal = interrupted_by();
  if (signal == 0 || told_to_end_) return;
  told_to_end_ = Clock::now();
  const char byte = static_cast<char>(signal);
  // If it does not arrive, patience ends as it would with a guest that hangs.
  (void)::send(console_fd_.get(), &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/// Silence that nobody listened to, as this process was stopped (SIGTSTP), does not count.
void Session::forget_stops() {
  if (continued_ == times_continued()) return;
  continued_ = times_continued();
  last_sign_ = Clock::now();
  if (told_to_end_) told_to_end_ = last_sign_;
}

std::optional<Ending> Session::out_of_patience() const {
  const auto now = Clock::now();
  const auto over = [now](Clock::time_point since, std::chrono::seconds limit) {
    return now - since > limit;
  };
  if (told_to_end_)
    return over(*told_to_end_, kToEnd) ? std::optional(Ending::kSilent) : std::nullopt;
  if (over(last_sign_, std::chrono::seconds(job_.timeout_s))) return Ending::kSilent;
  if (job_.limit_s != 0 && over(begin_, std::chrono::seconds(job_.limit_s))) return Ending::kLimit;
  return std::nullopt;
}

Result<int> Session::attend() {
  std::array<pollfd, 2> wait = {{{line_fd_.get(), POLLIN, 0}, {console_fd_.get(), POLLIN, 0}}};
  while (!code_ && (wait[0].fd >= 0 || wait[1].fd >= 0)) {
    pass_signal_on();
    if (job_.given_up && job_.given_up()) {
      return fail(ErrorKind::kNoResult, "the virtual machine was given up");
    }
    forget_stops();
    if (const auto ending = out_of_patience()) {
      if (told_to_end_) return kExitSignal + interrupted_by();
      return tl::unexpected(
          no_result(*ending, console_, *ending == Ending::kLimit ? job_.limit_s : job_.timeout_s));
    }
    if (::poll(wait.data(), wait.size(), kPollMs) <= 0) continue;
    if (wait[1].revents != 0) {
      const auto bytes = read_some(console_fd_);
      bytes ? console_.feed(*bytes) : void(wait[1].fd = -1);
    }
    if (wait[0].revents != 0) {
      const auto bytes = read_some(line_fd_);
      if (!bytes) {
        wait[0].fd = -1;
        continue;
      }
      last_sign_ = Clock::now();
      frames_.feed(*bytes);
      RB_TRY(take_frames());
    }
  }
  if (!code_) return tl::unexpected(no_result(Ending::kGone, console_, job_.timeout_s));
  return *code_;
}

}  // namespace

Result<int> run_guest(const GuestJob& job, const Streams& streams) {
  auto initramfs = make_initramfs(job);
  if (!initramfs) return tl::unexpected(std::move(initramfs).error());
  auto console = make_socket();
  if (!console) return tl::unexpected(std::move(console).error());
  auto line = make_line();
  if (!line) return tl::unexpected(std::move(line).error());

  Launch launch{job.machine,      job.kernel.path,      job.seed,
                initramfs->get(), console->qemus.get(), line->qemus.get()};
  std::optional<FileServer> files;
  if (!job.root.empty()) {
    auto started = FileServer::start(job.root, console->qemus.get());
    if (!started) return tl::unexpected(std::move(started).error());
    files.emplace(std::move(*started));
    launch.root = files->socket().get();
  }
  auto qemu = QemuProcess::start(launch);
  if (!qemu) return tl::unexpected(std::move(qemu).error());
  // QEMU's ends must be open in QEMU only, or its end is not seen.
  initramfs->reset();
  console->qemus.reset();
  line->qemus.reset();
  if (files) files->socket().reset();

  Session session(job, streams, std::move(console->ours), std::move(line->ours));
  auto code = session.attend();
  // Its guest reboots now, which ends it. What it does later is of no interest.
  if (code) (void)qemu->ends_within(1000);
  return code;
}

}  // namespace rb::vm
