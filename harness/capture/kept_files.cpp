#include "harness/capture/kept_files.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "base/fd.h"
#include "harness/verify/proc_files.h"

namespace rb::capture {
namespace {

constexpr std::string_view kMemfd = "/memfd:";

bool is_memfd(std::string_view path) { return path.starts_with(kMemfd); }

/// Where a file has data: offsets in it.
OrErrno<std::vector<PageRange>> data_ranges(int fd, std::uint64_t end) {
  std::vector<PageRange> ranges;
  off_t at = 0;
  while ((at = ::lseek(fd, at, SEEK_DATA)) >= 0 && static_cast<std::uint64_t>(at) < end) {
    const off_t hole = ::lseek(fd, at, SEEK_HOLE);
    if (hole < 0) return tl::unexpected<int>(errno);
    const auto from = static_cast<std::uint64_t>(at) / RBI_PAGE_SIZE * RBI_PAGE_SIZE;
    const std::uint64_t to = std::min<std::uint64_t>(
        (static_cast<std::uint64_t>(hole) + RBI_PAGE_SIZE - 1) / RBI_PAGE_SIZE * RBI_PAGE_SIZE,
        (end + RBI_PAGE_SIZE - 1) / RBI_PAGE_SIZE * RBI_PAGE_SIZE);
    // File systems with smaller blocks than pages may have two ranges in one page.
    if (!ranges.empty() && from < ranges.back().address + ranges.back().pages * RBI_PAGE_SIZE) {
      ranges.back().pages = (to - ranges.back().address) / RBI_PAGE_SIZE;
    } else {
      ranges.push_back({from, (to - from) / RBI_PAGE_SIZE});
    }
    at = hole;
  }
  if (at < 0 && errno != ENXIO) return tl::unexpected<int>(errno);  // ENXIO: no more data
  return ranges;
}

/// What lies beyond the end of a file reads as zero. @return errno
int read_file(int fd, std::uint64_t offset, std::span<std::byte> to) {
  while (!to.empty()) {
    const ssize_t got = ::pread(fd, to.data(), to.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) break;
    to = to.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  std::fill(to.begin(), to.end(), std::byte{});
  return 0;
}

}  // namespace

bool is_kept_file(std::string_view path) { return path.ends_with(kDeleted); }

Result<std::optional<std::uint32_t>> keep_file(FoundTree& found, const std::string& path,
                                               const std::string& link, const std::string& who,
                                               Refusals& refusals) {
  struct stat status {};
  if (::stat(link.c_str(), &status) != 0) return fail_errno("cannot look at " + who);
  const auto known =
      std::find_if(found.kept_files.begin(), found.kept_files.end(), [&](const FoundFile& file) {
        return file.device == status.st_dev && file.inode == status.st_ino;
      });
  const auto number = static_cast<std::uint32_t>(known - found.kept_files.begin());
  if (known != found.kept_files.end()) return number;

  FoundFile file;
  file.link = link;
  file.device = status.st_dev;
  file.inode = status.st_ino;
  file.size = static_cast<std::uint64_t>(status.st_size);
  file.mode = status.st_mode & 0777;
  const std::string_view name = std::string_view(path).substr(0, path.size() - kDeleted.size());
  file.memfd = is_memfd(path);
  file.path = file.memfd ? name.substr(kMemfd.size()) : name;
  struct statfs system {};
  const Fd fd(::open(link.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid() || ::fstatfs(fd.get(), &system) != 0) return fail_errno("cannot open " + who);
  if (system.f_type == HUGETLBFS_MAGIC) {
    refusals.add("{} is of huge pages: an image cannot hold it", who);
    return std::nullopt;
  }
  if (status.st_nlink != 0) {
    refusals.add("{} was opened by a name that is gone, but has another one", who);
    return std::nullopt;
  }
  if (file.memfd) {
    const int seals = ::fcntl(fd.get(), F_GET_SEALS);
    if (seals < 0) return fail_errno("cannot read the seals of " + who);
    file.seals = static_cast<std::uint32_t>(seals);
  }
  found.kept_files.push_back(std::move(file));
  return number;
}

Status add_file_runs(const std::string& link, std::uint64_t size, ImageWriter& writer,
                     rbi_backing& backing) {
  const auto fd = std::make_shared<Fd>(::open(link.c_str(), O_RDONLY | O_CLOEXEC));
  const auto ranges = data_ranges(fd->get(), size);
  if (!ranges) return fail_errno("cannot copy what " + link + " leads to", ranges.error());
  backing.run_first = writer.run_count();
  for (const PageRange& range : *ranges) {
    writer.add_run_from(range.address, range.pages,
                        [fd, start = range.address](std::uint64_t offset, std::span<std::byte> to) {
                          return read_file(fd->get(), start + offset, to);
                        });
  }
  backing.run_count = writer.run_count() - backing.run_first;
  return {};
}

Status add_kept_files(const FoundTree& found, ImageWriter& writer) {
  for (const FoundFile& file : found.kept_files) {
    rbi_backing backing{};
    backing.kind = file.memfd ? RBI_BACKING_MEMFD : RBI_BACKING_DELETED;
    backing.path = writer.add_string(file.path);
    backing.size = file.size;
    backing.seals = file.seals;
    backing.mode = file.mode;
    RB_TRY(add_file_runs(file.link, file.size, writer, backing));
    writer.backings.push_back(backing);
  }
  return {};
}

}  // namespace rb::capture
