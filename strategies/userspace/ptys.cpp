#include "strategies/userspace/ptys.h"

#include <fcntl.h>

#include <algorithm>

#include "strategies/userspace/ops.h"

namespace rb {
namespace {

class PtyOpener {
 public:
  PtyOpener(const ImageAt& at, std::uint32_t& next_fd, std::vector<std::uint32_t>& fds,
            std::vector<rst_op>& ops)
      : at_(at), image_(at.image()), next_fd_(next_fd), fds_(fds), ops_(ops) {}

  void run() {
    const auto ofds = image_.ofds();
    masters_.assign(image_.ptys().size(), 0);
    slaves_.assign(image_.ptys().size(), 0);
    was_open_.assign(image_.ptys().size(), 0);
    for (std::uint32_t i = 0; i < ofds.size(); ++i) {
      if (ofds[i].kind == RBI_OFD_PTY_MASTER) {
        fds_[i] = open_master(ofds[i].object, ofds[i].flags, at_.of_string(ofds[i].path));
      }
    }
    open_closed_masters();
    for (std::uint32_t i = 0; i < ofds.size(); ++i) {
      if (ofds[i].kind == RBI_OFD_PTY_SLAVE) fds_[i] = open_slave(ofds[i]);
    }
    for (std::uint32_t i = 0; i < image_.ptys().size(); ++i) settle(i);
  }

 private:
  std::uint32_t open_master(std::uint32_t pty, std::uint64_t flags, std::uint64_t path) {
    rst_op op = ops::make(RST_PTY, RST_STAGE_OPEN_FILES);
    op.x = next_fd_++;
    op.a = at_.of(&image_.ptys()[pty]);
    op.b = flags;
    op.c = path;
    ops_.push_back(op);
    masters_[pty] = op.x;
    return op.x;
  }

  /// One that is hung up had a master, too.
  void open_closed_masters() {
    for (std::uint32_t i = 0; i < image_.ptys().size(); ++i) {
      if ((image_.ptys()[i].flags & RBI_PTY_HUNG_UP) != 0) open_master(i, O_RDWR, 0);
    }
  }

  std::uint32_t open_slave(const rbi_ofd& ofd) {
    rst_op op = ops::make(RST_PTY_SLAVE, RST_STAGE_OPEN_FILES);
    op.x = next_fd_++;
    op.y = masters_[ofd.object];
    op.a = at_.of_string(ofd.path);
    op.b = ofd.flags;
    op.z = image_.string(ofd.path) == "/dev/tty" ? 1 : 0;
    ops_.push_back(op);
    slaves_[ofd.object] = op.x;
    was_open_[ofd.object] = 1;
    return op.x;
  }

  void settle(std::uint32_t i) {
    const rbi_pty& pty = image_.ptys()[i];
    if ((pty.flags & RBI_PTY_HUNG_UP) != 0) {
      rst_op op = ops::make(RST_HANG_UP, RST_STAGE_OPEN_FILES);
      op.x = masters_[i];
      op.y = slaves_[i];
      ops_.push_back(op);
      return;
    }
    rst_op op = ops::make(RST_PTY_STATE, RST_STAGE_OPEN_FILES);
    op.x = masters_[i];
    op.y = was_open_[i] != 0 || (pty.flags & RBI_PTY_SLAVE_CLOSED) != 0 || pty.data_size != 0;
    op.a = at_.of(&pty);
    op.b = at_.of(image_.pty_data(pty).data());
    ops_.push_back(op);
  }

  const ImageAt& at_;
  const Image& image_;
  std::uint32_t& next_fd_;
  std::vector<std::uint32_t>& fds_;
  std::vector<rst_op>& ops_;
  std::vector<std::uint32_t> masters_, slaves_;  // by pty: descriptors
  std::vector<char> was_open_;                   // by pty: its slave
};

}  // namespace

void open_ptys(const ImageAt& at, std::uint32_t& next_fd, std::vector<std::uint32_t>& fds,
               std::vector<rst_op>& ops) {
  if (!at.image().ptys().empty()) PtyOpener(at, next_fd, fds, ops).run();
}

std::uint64_t extra_pty_fds(const Image& image) {
  const auto ptys = image.ptys();
  std::uint64_t count = 0;
  for (const rbi_pty& pty : ptys) {
    if ((pty.flags & RBI_PTY_HUNG_UP) != 0) ++count;  // the master
    // Masters with lower numbers are opened until it is this one's turn.
    count = std::max<std::uint64_t>(count, pty.number);
  }
  return count + (ptys.empty() ? 0 : 1);
}

const rbi_pty* terminal_of(const Image& image, __u32 sid) {
  if (sid == 0) return nullptr;
  for (const rbi_pty& pty : image.ptys()) {
    if (pty.sid == sid) return &pty;
  }
  return nullptr;
}

rst_op terminal_op(const Image& image, const rbi_pty& pty, rst_terminal what,
                   const std::vector<std::uint32_t>& fds, rst_stage stage) {
  const auto ofds = image.ofds();
  const auto index = static_cast<__u32>(&pty - image.ptys().data());
  const auto slave = std::find_if(ofds.begin(), ofds.end(), [index](const rbi_ofd& ofd) {
    return ofd.kind == RBI_OFD_PTY_SLAVE && ofd.object == index;
  });
  RB_ASSERT(slave != ofds.end());
  rst_op op = ops::make(RST_TERMINAL, stage);
  op.x = what;
  op.a = fds[static_cast<std::size_t>(slave - ofds.begin())];
  op.b = pty.foreground;
  return op;
}

}  // namespace rb
