#include "workloads/synthetic/tree.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "workloads/fixtures.h"
#include "workloads/payload/payload.h"
#include "workloads/synthetic/purposes.h"

namespace rb {
namespace {

constexpr std::uint64_t kSaRestorer = 0x04000000;  // asm/signal.h; libc hides it

template <class Id, class T>
Id append(std::vector<T>& list, T value) {
  list.push_back(std::move(value));
  return Id(static_cast<std::uint32_t>(list.size() - 1));
}

void put_action(SyntheticSighand& sighand, const rbi_action& action) {
  auto& actions = sighand.actions;
  const auto at = std::lower_bound(
      actions.begin(), actions.end(), action.signal,
      [](const rbi_action& entry, std::uint32_t signal) { return entry.signal < signal; });
  if (at != actions.end() && at->signal == action.signal) {
    *at = action;
  } else {
    actions.insert(at, action);
  }
}

}  // namespace

SyntheticTree::SyntheticTree(std::string name, std::uint64_t seed)
    : name_(std::move(name)), seed_(seed) {
  const OfdId null =
      add_description({.kind = RBI_OFD_DEVICE, .path = "/dev/null", .flags = O_RDWR});
  FilesTable standard;
  for (std::uint32_t fd = 0; fd < 3; ++fd) standard.fds.push_back({fd, null, false});
  add_task({.group = append<GroupId>(groups_, SyntheticGroup{}),
            .mm = append<MmId>(mms_, SyntheticMm{}),
            .files = append<FilesId>(files_, std::move(standard)),
            .fs = append<FsId>(fs_, SyntheticFs{}),
            .sighand = append<SighandId>(sighands_, SyntheticSighand{})});
  set_action(root(), SIGUSR1, 0);
  ignore(root(), SIGPIPE);
}

TaskId SyntheticTree::add_task(SyntheticTask task) {
  task.name = fmt::format("{:.9}-{}", name_, tasks_.size());
  task.handled = SIGUSR1;
  return append<TaskId>(tasks_, std::move(task));
}

TaskId SyntheticTree::fork(TaskId parent, unsigned share) {
  RB_ASSERT((share & kShareSighand) == 0 || (share & kShareMm) != 0);
  const SyntheticTask old = task(parent);
  SyntheticTask made{.mm = old.mm, .files = old.files, .fs = old.fs, .sighand = old.sighand};
  if (!(share & kShareMm)) made.mm = append<MmId>(mms_, SyntheticMm(at(mms_, old.mm)));
  if (!(share & kShareFiles)) {
    made.files = append<FilesId>(files_, FilesTable(at(files_, old.files)));
  }
  if (!(share & kShareFs)) made.fs = append<FsId>(fs_, SyntheticFs(at(fs_, old.fs)));
  if (!(share & kShareSighand)) {
    made.sighand = append<SighandId>(sighands_, SyntheticSighand(at(sighands_, old.sighand)));
  }
  const SyntheticGroup& above = at(groups_, old.group);
  made.group =
      append<GroupId>(groups_, SyntheticGroup{.leader = TaskId(std::uint32_t(tasks_.size())),
                                              .parent = old.group,
                                              .pgid = above.pgid,
                                              .sid = above.sid});
  return add_task(std::move(made));
}

TaskId SyntheticTree::add_thread(TaskId sibling) {
  const SyntheticTask& old = task(sibling);
  return add_task(
      {.group = old.group, .mm = old.mm, .files = old.files, .fs = old.fs, .sighand = old.sighand});
}

void SyntheticTree::unshare(TaskId id, unsigned objects) {
  RB_ASSERT((objects & ~(kShareFiles | kShareFs)) == 0);
  SyntheticTask& own = task(id);
  if (objects & kShareFiles) own.files = append<FilesId>(files_, FilesTable(at(files_, own.files)));
  if (objects & kShareFs) own.fs = append<FsId>(fs_, SyntheticFs(at(fs_, own.fs)));
}

OfdId SyntheticTree::add_description(Description description) {
  return append<OfdId>(ofds_, std::move(description));
}

PipeId SyntheticTree::add_pipe(Pipe pipe) {
  pipe.seed = seed(kSeedPipe, pipes_.size());
  return append<PipeId>(pipes_, pipe);
}

BackingId SyntheticTree::add_backing(Backing backing) {
  return append<BackingId>(backings_, std::move(backing));
}

std::uint32_t SyntheticTree::add_fd(TaskId id, OfdId ofd, bool cloexec, std::uint32_t lowest) {
  auto& fds = files_of(id).fds;
  const std::uint32_t next = fds.empty() ? 0 : fds.back().fd + 1;
  fds.push_back({std::max(next, lowest), ofd, cloexec});
  return fds.back().fd;
}

void SyntheticTree::set_action(TaskId id, std::uint32_t signal, std::uint64_t flags,
                               std::uint64_t mask) {
  put_action(sighand_of(id), {.signal = signal,
                              .reserved = 0,
                              .handler = PAYLOAD_HANDLER,
                              .flags = flags | SA_SIGINFO | kSaRestorer,
                              .restorer = PAYLOAD_RESTORER,
                              .mask = mask});
}

void SyntheticTree::ignore(TaskId id, std::uint32_t signal) {
  // The kernel keeps what libc passes: its wrapper always sets SA_RESTORER.
  put_action(sighand_of(id), {.signal = signal,
                              .reserved = 0,
                              .handler = reinterpret_cast<std::uint64_t>(SIG_IGN),
                              .flags = kSaRestorer,
                              .restorer = PAYLOAD_RESTORER,
                              .mask = 0});
}

std::uint64_t SyntheticTree::file_seed(std::uint32_t number) const {
  return seed(kSeedFile, number);
}

std::string SyntheticTree::add_file(std::uint32_t number, std::uint64_t size) {
  // What decides the contents is in the name: two images never disagree.
  std::string path = fmt::format("{}/file.{:016x}.{}", kFixtureDirectory, file_seed(number), size);
  for (const Fixture& fixture : fixtures_) {
    if (fixture.path == path) return path;
  }
  fixtures_.push_back({RBI_FIXTURE_FILE, path, size, file_seed(number)});
  return path;
}

std::string SyntheticTree::add_directory(std::uint32_t number) {
  std::string path = fmt::format("{}/directory.{}", kFixtureDirectory, number);
  for (const Fixture& fixture : fixtures_) {
    if (fixture.path == path) return path;
  }
  fixtures_.push_back({RBI_FIXTURE_DIRECTORY, path, 0, 0});
  return path;
}

}  // namespace rb
