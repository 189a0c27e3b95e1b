#include "strategies/userspace/table_fill.h"

#include <fcntl.h>

#include "base/error.h"
#include "strategies/userspace/ops.h"

namespace rb {
namespace {

[[nodiscard]] bool cloexec(const rbi_fd& fd) { return (fd.flags & RBI_FD_CLOEXEC) != 0; }

class TableFill {
 public:
  TableFill(const ImageAt& at, std::span<const rbi_fd> wanted,
            std::span<const std::uint32_t> stored, std::vector<rst_op>& ops)
      : at_(at), wanted_(wanted), stored_(stored), ops_(ops) {}

  void run(std::span<const rbi_fd> present) {
    keep_matching(present);
    open_pidfd_if_needed();
    for (next_ = 0; next_ < wanted_.size(); ++next_) {
      if (!numbers_.in_use(wanted_[next_].fd)) place(wanted_[next_]);
    }
    close_temporaries();
  }

 private:
  /// Keeps what an inherited table has right; closes the rest, in ranges that
  /// may span free numbers.
  void keep_matching(std::span<const rbi_fd> present) {
    std::size_t w = 0;
    bool closing = false;
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    const auto flush = [&] {
      if (closing) ops_.push_back(ops::close_range(first, last));
      closing = false;
    };
    for (const rbi_fd& have : present) {
      while (w < wanted_.size() && wanted_[w].fd < have.fd) ++w;
      const bool matches =
          w < wanted_.size() && wanted_[w].fd == have.fd && wanted_[w].ofd == have.ofd;
      if (!matches) {
        if (!closing) first = have.fd;
        closing = true;
        last = have.fd;
        continue;
      }
      flush();
      numbers_.take(have.fd);
      held_.try_emplace(have.ofd, have.fd);
      if (cloexec(have) != cloexec(wanted_[w])) set_cloexec(have.fd, cloexec(wanted_[w]));
    }
    flush();
  }

  void set_cloexec(std::uint32_t fd, bool on) {
    rst_op op = ops::make(RST_SETFD, RST_STAGE_OPEN_FILES);
    op.x = fd;
    op.b = on ? FD_CLOEXEC : 0;
    ops_.push_back(op);
  }

  /// pidfd_getfd(2) needs a descriptor of its own: on the lowest number that
  /// the table does not want, so that it is never in the way.
  void open_pidfd_if_needed() {
    bool needed = false;
    for (const rbi_fd& fd : wanted_) {
      needed = needed || (!numbers_.in_use(fd.fd) && stored_[fd.ofd] != kNotStored &&
                          !held_.contains(fd.ofd));
    }
    if (!needed) return;
    std::uint32_t number = 0;
    for (const rbi_fd& fd : wanted_) {
      if (fd.fd != number) break;
      ++number;
    }
    const std::uint32_t lands_on = numbers_.lowest_free();
    rst_op op = ops::make(RST_PIDFD, RST_STAGE_OPEN_FILES);
    op.x = lands_on;
    ops_.push_back(op);
    numbers_.take(lands_on);
    move(lands_on, number, true);
    pidfd_ = number;
    temporaries_.push_back(number);
  }

  /// Moves a descriptor, if it is not where it should be.
  void move(std::uint32_t from, std::uint32_t to, bool close_on_exec) {
    if (from == to) return;
    ops_.push_back(ops::dup(from, to, to, close_on_exec));
    ops_.push_back(ops::close_range(from, from));
    numbers_.take(to);
    numbers_.free(from);
  }

  void place(const rbi_fd& fd) {
    if (const auto held = held_.find(fd.ofd); held != held_.end()) {
      ops_.push_back(ops::dup(held->second, fd.fd, fd.fd, cloexec(fd)));
      numbers_.take(fd.fd);
      return;
    }
    const rbi_ofd& ofd = at_.image().ofds()[fd.ofd];
    if (is_pipe_end(ofd) && stored_[fd.ofd] == kNotStored) {
      place_pipe(ofd.object);
      return;
    }
    const std::uint32_t lands_on = numbers_.lowest_free();
    if (stored_[fd.ofd] != kNotStored) {
      rst_op op = ops::make(RST_FETCH, RST_STAGE_OPEN_FILES);
      op.x = lands_on;
      op.a = stored_[fd.ofd];
      op.b = cloexec(fd) ? 1 : 0;
      op.c = pidfd_;
      ops_.push_back(op);
    } else {
      open_description(at_, ofd, lands_on, cloexec(fd), ops_);
    }
    numbers_.take(lands_on);
    held_.emplace(fd.ofd, fd.fd);
    if (lands_on == fd.fd) return;
    if (!worth_plugging(fd.fd)) {
      move(lands_on, fd.fd, cloexec(fd));
      return;
    }
    ops_.push_back(ops::dup(lands_on, fd.fd, fd.fd, cloexec(fd)));
    numbers_.take(fd.fd);
    temporaries_.push_back(lands_on);
    plug_below(fd.fd);
  }

  /// Moving costs two calls for each of the consecutive numbers from `fd` on;
  /// plugging one for each free number below, and one to close them all.
  [[nodiscard]] bool worth_plugging(std::uint32_t fd) {
    std::uint32_t run = 0;
    while (next_ + run < wanted_.size() && wanted_[next_ + run].fd == fd + run) ++run;
    std::uint32_t gap = 0;
    for (std::uint32_t n = numbers_.lowest_free(); n < fd && gap <= 2 * run; ++n) {
      if (!numbers_.in_use(n)) ++gap;
    }
    return gap + 1 <= 2 * (run - 1);
  }

  void plug_below(std::uint32_t fd) {
    for (std::uint32_t n = numbers_.lowest_free(); n < fd; n = numbers_.lowest_free()) {
      ops_.push_back(ops::dup(fd, n, 0, true));
      numbers_.take(n);
      temporaries_.push_back(n);
    }
  }

  /// Where an open file description is wanted first, and with which flag.
  [[nodiscard]] const rbi_fd* first_wanted(std::uint32_t ofd) const {
    for (std::size_t i = next_; i < wanted_.size(); ++i) {
      if (ofd != RBI_NONE && wanted_[i].ofd == ofd && !numbers_.in_use(wanted_[i].fd)) {
        return &wanted_[i];
      }
    }
    return nullptr;
  }

  void place_pipe(std::uint32_t pipe) {
    if (ends_.empty()) ends_ = pipe_ends(at_.image());
    const PipeEnds ends = ends_[pipe];
    const rbi_fd* read_wanted = first_wanted(ends.read);
    const rbi_fd* write_wanted = first_wanted(ends.write);
    std::uint32_t read_fd = numbers_.lowest_free();
    numbers_.take(read_fd);
    std::uint32_t write_fd = numbers_.lowest_free();
    numbers_.take(write_fd);
    const auto ofd_at = [&](std::uint32_t i) {
      return i == RBI_NONE ? nullptr : &at_.image().ofds()[i];
    };
    open_pipe(at_, pipe, ofd_at(ends.read), ofd_at(ends.write), read_fd, write_fd, ops_);
    // The write end may have landed where the read end must go.
    if (read_wanted != nullptr && read_wanted->fd == write_fd) {
      const std::uint32_t spare = numbers_.lowest_free(wanted_.back().fd + 1);
      move(write_fd, spare, true);
      write_fd = spare;
    }
    settle(read_fd, read_wanted);
    settle(write_fd, write_wanted);
  }

  void settle(std::uint32_t landed, const rbi_fd* wanted) {
    if (wanted == nullptr) {
      ops_.push_back(ops::close_range(landed, landed));
      numbers_.free(landed);
      return;
    }
    if (landed == wanted->fd) {
      if (cloexec(*wanted)) set_cloexec(landed, true);
    } else {
      move(landed, wanted->fd, cloexec(*wanted));
    }
    held_.emplace(wanted->ofd, wanted->fd);
  }

  /// Temporaries were taken lowest number first, so they are nearly sorted runs.
  void close_temporaries() {
    for (std::size_t i = 0; i < temporaries_.size();) {
      std::size_t j = i + 1;
      while (j < temporaries_.size() && temporaries_[j] == temporaries_[j - 1] + 1) ++j;
      ops_.push_back(ops::close_range(temporaries_[i], temporaries_[j - 1]));
      i = j;
    }
  }

  const ImageAt& at_;
  std::span<const rbi_fd> wanted_;
  std::span<const std::uint32_t> stored_;
  std::vector<rst_op>& ops_;
  FdNumbers numbers_;
  std::unordered_map<std::uint32_t, std::uint32_t> held_;  // description → a number it is on
  std::vector<std::uint32_t> temporaries_;
  std::vector<PipeEnds> ends_;
  std::size_t next_ = 0;
  std::uint32_t pidfd_ = 0;
};

}  // namespace

void open_description(const ImageAt& at, const rbi_ofd& ofd, std::uint32_t lands_on, bool cloexec,
                      std::vector<rst_op>& ops) {
  RB_ASSERT(!is_pipe_end(ofd));
  const std::uint64_t flags = ofd.flags | (cloexec ? static_cast<unsigned>(O_CLOEXEC) : 0u);
  rst_op op = ops::make(RST_OPEN, RST_STAGE_OPEN_FILES);
  op.x = lands_on;
  op.b = flags;
  if (ofd.kind == RBI_OFD_SOCKET) {
    const rbi_socket& socket = at.image().socket_of(ofd);
    op.kind = RST_SOCKET;
    op.a = at.of(&socket);
    op.c = socket.path == RBI_NONE ? 0 : at.of_string(socket.path);
  } else {
    op.a = at.of_string(ofd.path);
    op.c = ofd.offset;
  }
  ops.push_back(op);
}

void open_pipe(const ImageAt& at, std::uint32_t pipe, const rbi_ofd* read_end,
               const rbi_ofd* write_end, std::uint32_t read_fd, std::uint32_t write_fd,
               std::vector<rst_op>& ops) {
  const rbi_pipe& record = at.image().pipes()[pipe];
  const auto status_flags = [](const rbi_ofd* end) -> std::uint64_t {
    return end == nullptr ? 0 : end->flags & ~static_cast<unsigned>(O_ACCMODE);
  };
  rst_op op = ops::make(RST_PIPE, RST_STAGE_OPEN_FILES);
  op.x = read_fd;
  op.y = write_fd;
  op.a = at.of(&record);
  op.b = at.of(at.image().pipe_data(record).data());
  op.c = status_flags(read_end) | status_flags(write_end) << 32;
  ops.push_back(op);
}

std::vector<PipeEnds> pipe_ends(const Image& image) {
  std::vector<PipeEnds> ends(image.pipes().size());
  const auto ofds = image.ofds();
  for (std::uint32_t i = 0; i < ofds.size(); ++i) {
    if (ofds[i].kind == RBI_OFD_PIPE_READ) ends[ofds[i].object].read = i;
    if (ofds[i].kind == RBI_OFD_PIPE_WRITE) ends[ofds[i].object].write = i;
  }
  return ends;
}

void fill_table(const ImageAt& at, std::span<const rbi_fd> present, std::span<const rbi_fd> wanted,
                std::span<const std::uint32_t> stored, std::vector<rst_op>& ops) {
  TableFill(at, wanted, stored, ops).run(present);
}

}  // namespace rb
