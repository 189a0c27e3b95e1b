#include <fcntl.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <unordered_map>

#include "harness/verify/checks.h"
#include "harness/verify/kcmp.h"
#include "harness/verify/proc_files.h"

namespace rb {
namespace {

/// The kernel's O_LARGEFILE, which glibc defines as 0 on x86-64; whether it is
/// set depends on which system call opened the file, and it has no effect.
constexpr std::uint32_t kLargeFile = 0100000;

/// An fd that is both in the image and in the task.
struct Descriptor {
  std::uint32_t ofd;
  std::uint32_t task;
  KernelObject object;
  ProcFdInfo info;
};

class DescriptorCheck {
 public:
  explicit DescriptorCheck(Inspection& inspection) : in_(inspection), image_(inspection.image) {}

  Status run() {
    const auto first = in_.representatives(&rbi_task::files, image_.files().size());
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (first[i] != RBI_NONE) RB_TRY(check_table(first[i], image_.files()[i]));
    }
    std::stable_sort(descriptors_.begin(), descriptors_.end(),
                     [](const auto& a, const auto& b) { return a.ofd < b.ofd; });
    RB_TRY(check_identities());
    for (const Descriptor& descriptor : firsts_) RB_TRY(check_description(descriptor));
    return check_pipes(in_, ends_);
  }

 private:
  Status check_table(std::uint32_t task, const rbi_files& files);
  Status check_identities();
  Status check_description(const Descriptor& descriptor);
  Status check_target(const Descriptor& descriptor, const rbi_ofd& ofd);
  void check_pipe_inode(const Descriptor& descriptor, const rbi_ofd& ofd, const std::string& link);
  Status check_socket(const Descriptor& descriptor, const rbi_ofd& ofd, const std::string& link);

  [[nodiscard]] std::string name(const Descriptor& descriptor) const {
    return fmt::format("{}: fd {}", in_.name(descriptor.task), descriptor.object.fd);
  }
  [[nodiscard]] Result<std::optional<ProcFdInfo>> read_info(std::uint32_t task, std::uint32_t fd);

  Inspection& in_;
  const Image& image_;
  std::vector<Descriptor> descriptors_;
  std::vector<Descriptor> firsts_;  ///< one of each description
  std::vector<PipeEnd> ends_;
  std::map<std::uint32_t, std::uint64_t> inode_of_pipe_;
  std::map<std::uint64_t, std::uint32_t> pipe_of_inode_;
  std::optional<std::unordered_map<std::uint64_t, ProcUnixSocket>> sockets_;
};

Result<std::optional<ProcFdInfo>> DescriptorCheck::read_info(std::uint32_t task, std::uint32_t fd) {
  const auto text = read_whole_file(fmt::format("{}/fdinfo/{}", in_.directory(task), fd));
  if (!text) {
    RB_TRY(in_.unreadable(task, fmt::format("fdinfo of fd {}", fd), text.error()));
    return std::nullopt;
  }
  return parse_fdinfo(*text);
}

Status DescriptorCheck::check_table(std::uint32_t task, const rbi_files& files) {
  const auto found = list_numbers(in_.directory(task) + "/fd");
  if (!found) return in_.unreadable(task, "fds", found.error());
  const auto expected = image_.fds_of(files);
  for (const rbi_fd& fd : expected) {
    if (!std::binary_search(found->begin(), found->end(), fd.fd)) {
      in_.findings.add("{}: fd {}: expected open, found closed", in_.name(task), fd.fd);
      continue;
    }
    const auto info = read_info(task, fd.fd);
    if (!info) return tl::unexpected<Error>(info.error());
    if (!*info) continue;
    descriptors_.push_back({fd.ofd, task, {in_.pid(task), fd.fd}, **info});
    const bool found_cloexec = ((*info)->flags & O_CLOEXEC) != 0;
    const bool wanted_cloexec = (fd.flags & RBI_FD_CLOEXEC) != 0;
    if (found_cloexec != wanted_cloexec) {
      in_.findings.add("{}: fd {}: FD_CLOEXEC: expected {}, found {}", in_.name(task), fd.fd,
                       wanted_cloexec ? "set" : "clear", found_cloexec ? "set" : "clear");
    }
  }
  for (const std::uint32_t fd : *found) {
    const auto known = std::lower_bound(expected.begin(), expected.end(), fd,
                                        [](const rbi_fd& a, std::uint32_t b) { return a.fd < b; });
    if (known == expected.end() || known->fd != fd) {
      const auto target = read_link(fmt::format("{}/fd/{}", in_.directory(task), fd));
      in_.findings.add("{}: fd {}: expected closed, found {}", in_.name(task), fd,
                       target ? *target : "it open");
    }
  }
  return {};
}

Status DescriptorCheck::check_identities() {
  Kcmp kcmp(KCMP_FILE);
  for (const Descriptor& descriptor : descriptors_) {
    if (firsts_.empty() || firsts_.back().ofd != descriptor.ofd) {
      firsts_.push_back(descriptor);
    } else if (!kcmp.same(firsts_.back().object, descriptor.object)) {
      in_.findings.add("{}: expected the open file description of {}, found another",
                       name(descriptor), name(firsts_.back()));
    }
  }
  std::vector<Descriptor> sorted = firsts_;
  kcmp.sort(sorted);
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (kcmp.same(sorted[i - 1].object, sorted[i].object)) {
      in_.findings.add("{}: expected an open file description of its own, found that of {}",
                       name(sorted[i]), name(sorted[i - 1]));
    }
  }
  return kcmp.usable();
}

Status DescriptorCheck::check_description(const Descriptor& descriptor) {
  const rbi_ofd& ofd = image_.ofds()[descriptor.ofd];
  const std::uint32_t flags =
      descriptor.info.flags & ~(static_cast<std::uint32_t>(O_CLOEXEC) | kLargeFile);
  const std::uint32_t wanted = ofd.flags & ~(static_cast<std::uint32_t>(O_CLOEXEC) | kLargeFile);
  if (flags != wanted) {
    in_.findings.add("{}: file status flags: expected {:#o}, found {:#o}", name(descriptor), wanted,
                     flags);
  }
  if (descriptor.info.offset != ofd.offset) {
    in_.findings.add("{}: file offset: expected {}, found {}", name(descriptor), ofd.offset,
                     descriptor.info.offset);
  }
  return check_target(descriptor, ofd);
}

Status DescriptorCheck::check_target(const Descriptor& descriptor, const rbi_ofd& ofd) {
  const auto link =
      read_link(fmt::format("{}/fd/{}", in_.directory(descriptor.task), descriptor.object.fd));
  if (!link) return in_.unreadable(descriptor.task, "fd", link.error());
  switch (ofd.kind) {
    case RBI_OFD_PIPE_READ:
    case RBI_OFD_PIPE_WRITE:
      check_pipe_inode(descriptor, ofd, *link);
      return {};
    case RBI_OFD_SOCKET:
      return check_socket(descriptor, ofd, *link);
    default: {
      const std::string expected(image_.string(ofd.path));
      if (!same_path(*link, expected)) {
        in_.findings.add("{}: expected {}, found {}", name(descriptor), expected, *link);
      }
      return {};
    }
  }
}

void DescriptorCheck::check_pipe_inode(const Descriptor& descriptor, const rbi_ofd& ofd,
                                       const std::string& link) {
  const auto inode = parse_inode_link(link, "pipe");
  if (!inode) {
    in_.findings.add("{}: expected pipe {}, found {}", name(descriptor), ofd.object, link);
    return;
  }
  const auto [known, fresh] = inode_of_pipe_.emplace(ofd.object, *inode);
  if (known->second != *inode) {
    in_.findings.add("{}: expected an end of pipe {} (inode {}), found another pipe (inode {})",
                     name(descriptor), ofd.object, known->second, *inode);
  }
  const auto [other, only] = pipe_of_inode_.emplace(*inode, ofd.object);
  if (other->second != ofd.object) {
    in_.findings.add("{}: expected an end of pipe {}, found one of pipe {}", name(descriptor),
                     ofd.object, other->second);
  }
  if (fresh && only) ends_.push_back({ofd.object, descriptor.task, descriptor.object.fd});
}

Status DescriptorCheck::check_socket(const Descriptor& descriptor, const rbi_ofd& ofd,
                                     const std::string& link) {
  const std::string expected = fmt::format("@{}", image_.string(image_.socket_of(ofd).path));
  if (!sockets_) {
    // The list is that of the network namespace of whose /proc entry is read.
    const auto text = read_whole_file(in_.directory(descriptor.task) + "/net/unix");
    if (!text) return in_.unreadable(descriptor.task, "net/unix", text.error());
    sockets_.emplace();
    for (ProcUnixSocket& socket : parse_unix_sockets(*text)) {
      sockets_->emplace(socket.inode, std::move(socket));
    }
  }
  const auto inode = parse_inode_link(link, "socket");
  const auto socket = inode ? sockets_->find(*inode) : sockets_->end();
  if (socket == sockets_->end()) {
    in_.findings.add("{}: expected unix socket {}, found {}", name(descriptor), expected, link);
    return {};
  }
  if (socket->second.path != expected || !socket->second.listening) {
    in_.findings.add("{}: expected unix socket {}, listening; found {}, {}", name(descriptor),
                     expected, socket->second.path,
                     socket->second.listening ? "listening" : "not listening");
  }
  return {};
}

}  // namespace

Status check_descriptors(Inspection& inspection) { return DescriptorCheck(inspection).run(); }

}  // namespace rb
