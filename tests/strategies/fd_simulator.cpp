#include "tests/strategies/fd_simulator.h"

#include <fcntl.h>
#include <fmt/format.h>

namespace rb::test {
namespace {

constexpr std::uint32_t kPidfd = 0xfffffff0u;  // no description of an image

}  // namespace

FdSimulator::FdSimulator(const ImageAt& at, std::span<const std::uint32_t> stored) : at_(at) {
  for (std::uint32_t ofd = 0; ofd < stored.size(); ++ofd) {
    if (stored[ofd] != kNotStored) store_.emplace(stored[ofd], ofd);
  }
}

void FdSimulator::wrong(const rst_op& op, const std::string& what) {
  mistakes_ += fmt::format("op {} (x {} y {} a {} b {} c {}): {}\n", op.kind, op.x, op.y, op.a,
                           op.b, op.c, what);
}

void FdSimulator::put(std::uint32_t expected, std::uint32_t lowest, Entry entry) {
  std::uint32_t number = lowest;
  for (auto at = table_.lower_bound(lowest); at != table_.end() && at->first == number; ++at) {
    ++number;
  }
  if (number != expected) mistakes_ += fmt::format("got {} instead of {}\n", number, expected);
  table_[number] = entry;
}

void FdSimulator::open(std::uint32_t ofd, const rst_op& op) {
  // Twice would be two descriptions, which share no offset.
  if (!made_.insert(ofd).second) wrong(op, fmt::format("opens description {} again", ofd));
  put(op.x, 0, {ofd, (op.b & O_CLOEXEC) != 0});
}

void FdSimulator::make_pipe(const rst_op& op) {
  const auto& image = at_.image();
  std::uint32_t pipe = 0;
  while (pipe < image.pipes().size() && at_.of(&image.pipes()[pipe]) != op.a) ++pipe;
  if (pipe == image.pipes().size()) return wrong(op, "no such pipe");
  const PipeEnds ends = pipe_ends(image)[pipe];
  if (!made_.insert(ends.read).second) wrong(op, "makes a pipe again");
  put(op.x, 0, {ends.read, false});
  put(op.y, 0, {ends.write, false});
}

void FdSimulator::run_op(const rst_op& op) {
  const auto from = table_.find(static_cast<std::uint32_t>(op.a));
  switch (op.kind) {
    case RST_CLOSE_RANGE:
      if (op.a > op.b || op.c != 0) return wrong(op, "bad range");
      table_.erase(table_.lower_bound(static_cast<std::uint32_t>(op.a)),
                   table_.upper_bound(static_cast<std::uint32_t>(op.b)));
      return;
    case RST_OPEN:
    case RST_SOCKET: {
      const auto ofds = at_.image().ofds();
      for (std::uint32_t i = 0; i < ofds.size(); ++i) {
        // Files of one path differ by their offsets in these tests.
        if (is_pipe_end(ofds[i])) continue;
        if (ofds[i].kind == RBI_OFD_SOCKET) {
          if (at_.of(&at_.image().socket_of(ofds[i])) == op.a) return open(i, op);
        } else if (at_.of_string(ofds[i].path) == op.a && ofds[i].offset == op.c) {
          return open(i, op);
        }
      }
      return wrong(op, "no such description");
    }
    case RST_DUP:
      if (from == table_.end()) return wrong(op, "EBADF");
      return put(op.x, static_cast<std::uint32_t>(op.c), {from->second.ofd, op.b != 0});
    case RST_SETFD:
      if (!table_.contains(op.x)) return wrong(op, "EBADF");
      table_[op.x].cloexec = op.b != 0;
      return;
    case RST_PIPE:
      return make_pipe(op);
    case RST_PIDFD:
      return put(op.x, 0, {kPidfd, true});
    case RST_FETCH: {
      const auto pidfd = table_.find(static_cast<std::uint32_t>(op.c));
      if (pidfd == table_.end() || pidfd->second.ofd != kPidfd) return wrong(op, "no pidfd");
      const auto source = store_.find(static_cast<std::uint32_t>(op.a));
      if (source == store_.end()) return wrong(op, "nothing stored there");
      return put(op.x, 0, {source->second, op.b != 0});
    }
    default:
      return wrong(op, "does not belong in a table's fill");
  }
}

void FdSimulator::run(std::span<const rbi_fd> present, std::span<const rst_op> ops) {
  for (const rbi_fd& fd : present) table_[fd.fd] = {fd.ofd, (fd.flags & RBI_FD_CLOEXEC) != 0};
  for (const rst_op& op : ops) run_op(op);
}

std::string FdSimulator::verdict(std::span<const rbi_fd> wanted) const {
  std::string text = mistakes_;
  auto found = table_.begin();
  for (const rbi_fd& fd : wanted) {
    for (; found != table_.end() && found->first < fd.fd; ++found) {
      text += fmt::format("descriptor {} is left open\n", found->first);
    }
    if (found == table_.end() || found->first != fd.fd) {
      text += fmt::format("descriptor {} is missing\n", fd.fd);
      continue;
    }
    if (found->second.ofd != fd.ofd) {
      text += fmt::format("descriptor {} is description {}, not {}\n", fd.fd, found->second.ofd,
                          fd.ofd);
    }
    if (found->second.cloexec != ((fd.flags & RBI_FD_CLOEXEC) != 0)) {
      text += fmt::format("descriptor {}: FD_CLOEXEC is wrong\n", fd.fd);
    }
    ++found;
  }
  for (; found != table_.end(); ++found) {
    text += fmt::format("descriptor {} is left open\n", found->first);
  }
  return text;
}

}  // namespace rb::test
