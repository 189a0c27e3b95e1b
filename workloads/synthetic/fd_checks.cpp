#include "workloads/synthetic/fd_checks.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <map>
#include <tuple>

namespace rb {
namespace {

constexpr std::uint32_t kProbedAbove = 16;

std::uint32_t file_type(rbi_ofd_kind kind) {
  switch (kind) {
    case RBI_OFD_FILE:
      return S_IFREG;
    case RBI_OFD_DIRECTORY:
      return S_IFDIR;
    case RBI_OFD_DEVICE:
      return S_IFCHR;
    case RBI_OFD_PIPE_READ:
    case RBI_OFD_PIPE_WRITE:
      return S_IFIFO;
    default:
      return S_IFSOCK;
  }
}

payload_fds expectation(const FdEntry& entry, const Description& ofd) {
  const std::uint32_t type = file_type(ofd.kind);
  const bool seekable = type == S_IFREG || type == S_IFDIR || type == S_IFCHR;
  const bool readable = (ofd.flags & O_ACCMODE) != O_WRONLY;
  return {.first = entry.fd,
          .count = 1,
          .stride = 0,
          .type = type,
          .fd_flags = entry.cloexec ? 1u : 0u,
          .status = ofd.flags & PAYLOAD_STATUS_MASK,
          .offset = seekable ? ofd.offset : PAYLOAD_NO_OFFSET,
          .offset_stride = 0,
          .seed = type == S_IFREG && readable ? ofd.seed : 0};
}

payload_fds closed(std::uint32_t fd) {
  payload_fds expected{};
  expected.first = fd;
  expected.count = 1;
  return expected;
}

/// Joins expectations that differ by regular steps in number and offset only.
class Joiner {
 public:
  void add(const payload_fds& one) {
    const auto key =
        std::tuple(one.type, one.fd_flags, one.status, one.offset == PAYLOAD_NO_OFFSET, one.seed);
    const auto [at, is_new] = last_.try_emplace(key, runs_.size());
    if (!is_new && extend(runs_[at->second], one)) return;
    at->second = runs_.size();
    runs_.push_back(one);
  }
  std::vector<payload_fds> take() { return std::move(runs_); }

 private:
  static bool extend(payload_fds& run, const payload_fds& one) {
    const bool seekable = run.offset != PAYLOAD_NO_OFFSET;
    if (run.count == 1) {
      run.stride = one.first - run.first;
      run.offset_stride = seekable ? one.offset - run.offset : 0;
    } else if (one.first != run.first + run.count * run.stride ||
               (seekable && one.offset != run.offset + run.count * run.offset_stride)) {
      return false;
    }
    ++run.count;
    return true;
  }

  std::vector<payload_fds> runs_;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, bool, std::uint64_t>,
           std::size_t>
      last_;
};

}  // namespace

std::vector<payload_fds> check_all_fds(const FilesTable& table, const DescriptionOf& description) {
  Joiner joiner;
  std::uint32_t next = 0;
  for (const FdEntry& entry : table.fds) {
    for (; next < entry.fd; ++next) joiner.add(closed(next));
    joiner.add(expectation(entry, description(entry.ofd)));
    ++next;
  }
  for (std::uint32_t i = 0; i < kProbedAbove; ++i) joiner.add(closed(next + i));
  return joiner.take();
}

std::vector<payload_fds> check_some_fds(const FilesTable& table, const DescriptionOf& description) {
  Joiner joiner;
  const std::size_t count = table.fds.size();
  std::size_t done = 0;
  for (const std::size_t wanted : {std::size_t{0}, count / 2, count - 1}) {
    if (count == 0 || wanted < done) continue;
    joiner.add(expectation(table.fds[wanted], description(table.fds[wanted].ofd)));
    done = wanted + 1;
  }
  joiner.add(closed(count == 0 ? 0 : table.fds.back().fd + 1));
  return joiner.take();
}

}  // namespace rb
