// Descriptor tables, open file descriptions and pipes.
#include <fcntl.h>

#include <vector>

#include "image/fields.h"
#include "image/show_parts.h"

namespace rb::show {
namespace {

std::string kind_text(const Image& image, const rbi_ofd& ofd) {
  const auto path = [&] { return quoted(image.string(ofd.path)); };
  switch (ofd.kind) {
    case RBI_OFD_FILE:
      return "file " + path();
    case RBI_OFD_DIRECTORY:
      return "directory " + path();
    case RBI_OFD_DEVICE:
      return "device " + path();
    case RBI_OFD_PIPE_READ:
      return fmt::format("read end of pipe {}", ofd.object);
    case RBI_OFD_PIPE_WRITE:
      return fmt::format("write end of pipe {}", ofd.object);
    default:
      return special_text(image, ofd);
  }
}

/// The access mode by name, the rest in octal as in fdinfo, proc(5).
std::string flags_text(__u32 flags) {
  constexpr std::string_view kAccess[] = {"read-only", "write-only", "read-write", "no access"};
  const __u32 others = flags & ~__u32{O_ACCMODE};
  return others == 0 ? std::string(kAccess[flags & O_ACCMODE])
                     : fmt::format("{} + {:#o}", kAccess[flags & O_ACCMODE], others);
}

void table(Page& page, const Image& image, std::size_t index, std::size_t users) {
  const auto fds = image.fds_of(image.files()[index]);
  page.line("  files {}: {}, used by {}", index, counted(fds.size(), "fd"), counted(users, "task"));
  for (std::size_t i = 0; i < page.rows(fds.size()); ++i) {
    page.line("    fd {}{} -> ofd {}", fds[i].fd,
              (fds[i].flags & RBI_FD_CLOEXEC) != 0 ? " (cloexec)" : "", fds[i].ofd);
  }
  page.rest(fds.size(), "fds", "    ");
}

constexpr std::string_view kFlocks[RBI_FLOCK_COUNT] = {"no", "shared", "exclusive"};

void descriptions(Page& page, const Image& image) {
  const auto ofds = image.ofds();
  std::vector<std::size_t> users(ofds.size());
  for (const rbi_fd& fd : image.fds()) ++users[fd.ofd];
  for (std::size_t i = 0; i < page.rows(ofds.size()); ++i) {
    page.line("  ofd {}: {}, {}{}{}{}, {}", i, kind_text(image, ofds[i]), flags_text(ofds[i].flags),
              ofds[i].offset == 0 ? "" : fmt::format(", offset {}", ofds[i].offset),
              ofds[i].owner == 0 ? "" : fmt::format(", owner {}", ofds[i].owner),
              ofds[i].flock == 0 ? "" : fmt::format(", {} flock", kFlocks[ofds[i].flock]),
              counted(users[i], "fd"));
  }
  page.rest(ofds.size(), "open file descriptions", "  ");
}

}  // namespace

void descriptors(Page& page, const Image& image) {
  page.blank();
  page.line("files");
  const std::size_t count = image.files().size();
  std::vector<std::size_t> users(count);
  for (const rbi_task& task : image.tasks()) ++users[task.files];
  for (std::size_t i = 0; i < page.rows(count); ++i) table(page, image, i, users[i]);
  page.rest(count, "files", "  ");
  descriptions(page, image);
  const auto pipes = image.pipes();
  for (std::size_t i = 0; i < page.rows(pipes.size()); ++i) {
    page.line("  pipe {}: {} of {} bytes used", i, pipes[i].data_size, pipes[i].capacity);
  }
  page.rest(pipes.size(), "pipes", "  ");
  pseudo_terminals(page, image);
  open_files(page, image);
}

}  // namespace rb::show
