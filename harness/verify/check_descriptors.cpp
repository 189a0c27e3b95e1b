#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

#include "base/fd.h"
#include "harness/verify/check_special.h"
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

/// A link of /proc names it.
[[nodiscard]] bool is_by_path(const rbi_ofd& ofd) { return ofd.kind <= RBI_OFD_DEVICE; }

class DescriptorCheck {
 public:
  explicit DescriptorCheck(Inspection& inspection) : in_(inspection), image_(inspection.image) {}

  Status run() {
    find_close_looks();
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
  Status check_closely(const Descriptor& descriptor, const rbi_ofd& ofd, const std::string& link);
  void find_close_looks();

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
  std::vector<char> close_look_;  ///< by description: there is more than a link tells
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
      break;
    case RBI_OFD_FILE:
    case RBI_OFD_DIRECTORY:
    case RBI_OFD_DEVICE:
    case RBI_OFD_FIFO: {
      const std::string expected(image_.string(ofd.path));
      if (!same_path(*link, expected)) {
        in_.findings.add("{}: expected {}, found {}", name(descriptor), expected, *link);
      }
      break;
    }
    default:
      break;
  }
  return close_look_[descriptor.ofd] != 0 ? check_closely(descriptor, ofd, *link) : Status();
}

void DescriptorCheck::find_close_looks() {
  const auto ofds = image_.ofds();
  close_look_.assign(ofds.size(), 0);
  for (std::size_t i = 0; i < ofds.size(); ++i) {
    const bool plain = is_by_path(ofds[i]) || is_pipe_end(ofds[i]);
    const bool more = ofds[i].owner != 0 || ofds[i].signal != 0 || ofds[i].flock != 0;
    close_look_[i] = !plain || more ? 1 : 0;
  }
  for (const rbi_lock& lock : image_.locks()) close_look_[lock.ofd] = 1;
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

/// Kinds that a link does not name, and what any kind may have: through a
/// descriptor of our own.
Status DescriptorCheck::check_closely(const Descriptor& descriptor, const rbi_ofd& ofd,
                                      const std::string& link) {
  const auto directory = in_.directory(descriptor.task);
  const auto info = read_whole_file(fmt::format("{}/fdinfo/{}", directory, descriptor.object.fd));
  if (!info) return in_.unreadable(descriptor.task, "fdinfo", info.error());
  const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, in_.leader_pid(descriptor.task), 0)));
  const Fd copy(static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd.get(), descriptor.object.fd, 0)));
  if (!copy.valid()) return in_.unreadable(descriptor.task, "descriptor", errno);
  const OpenDescription open{
      descriptor.ofd, descriptor.task, descriptor.object.fd, copy.get(), link, *info};
  check_locks_and_owner(in_, open);
  return is_by_path(ofd) || is_pipe_end(ofd) ? Status() : check_special(in_, open);
}

}  // namespace

Status check_descriptors(Inspection& inspection) { return DescriptorCheck(inspection).run(); }

}  // namespace rb
