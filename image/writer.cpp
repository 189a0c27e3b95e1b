#include "image/writer.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/replacement.h"
#include "image/page_sink.h"
#include "image/validate.h"

namespace rb {
namespace {

constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

/// Places one section after the other and copies it there.
class Layout {
 public:
  explicit Layout(rbi_header& header) : header_(header), end_(sizeof(rbi_header)) {}

  template <class Record>
  void place(rbi_section kind, const std::vector<Record>& records) {
    place_bytes(kind, std::as_bytes(std::span(records)), records.size(), sizeof(Record));
  }
  void place_bytes(rbi_section kind, std::span<const std::byte> bytes, std::uint64_t count,
                   std::uint32_t record_size) {
    end_ = align_up(end_, RBI_SECTION_ALIGN);
    header_.sections[kind] = {end_, count, record_size, static_cast<__u32>(kind)};
    pieces_.emplace_back(end_, bytes);
    end_ += bytes.size();
  }
  [[nodiscard]] std::uint64_t end() const { return end_; }
  void copy_to(std::byte* file) const {
    for (const auto& [offset, bytes] : pieces_) {
      if (!bytes.empty()) std::memcpy(file + offset, bytes.data(), bytes.size());
    }
  }

 private:
  rbi_header& header_;
  std::uint64_t end_;
  std::vector<std::pair<std::uint64_t, std::span<const std::byte>>> pieces_;
};

}  // namespace

std::uint32_t ImageWriter::add_run(std::uint64_t address, std::uint64_t pages, FillPages fill) {
  runs_.push_back({address, pages, std::move(fill), {}});
  return static_cast<std::uint32_t>(runs_.size() - 1);
}

std::uint32_t ImageWriter::add_run_from(std::uint64_t address, std::uint64_t pages,
                                        ReadPages read) {
  runs_.push_back({address, pages, {}, std::move(read)});
  return static_cast<std::uint32_t>(runs_.size() - 1);
}

std::uint32_t ImageWriter::add_string(std::string_view text) {
  const auto at = std::lower_bound(
      interned_.begin(), interned_.end(), text,
      [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
  if (at != interned_.end() && at->first == text) return at->second;
  const auto reference = static_cast<std::uint32_t>(strings_.size());
  strings_.append(text);
  strings_.push_back('\0');
  interned_.emplace(at, text, reference);
  return reference;
}

std::uint64_t ImageWriter::add_bytes(std::span<const std::byte> bytes) {
  const std::uint64_t offset = bytes_.size();
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return offset;
}

std::uint64_t ImageWriter::add_xstate(std::span<const std::byte> area) {
  xstates_.resize(align_up(xstates_.size(), 64));
  const std::uint64_t offset = xstates_.size();
  xstates_.insert(xstates_.end(), area.begin(), area.end());
  return offset;
}

Status ImageWriter::write(int fd) const {
  rbi_header header{};
  std::memcpy(header.magic, RBI_MAGIC, sizeof header.magic);
  header.version = RBI_VERSION;
  header.arch = RBI_ARCH_X86_64;
  header.header_size = sizeof header;
  header.section_count = RBI_SEC_COUNT;

  std::vector<rbi_run> runs(runs_.size());
  Layout layout(header);
  layout.place(RBI_SEC_TASKS, tasks);
  layout.place(RBI_SEC_GROUPS, groups);
  layout.place(RBI_SEC_MMS, mms);
  layout.place(RBI_SEC_VMAS, vmas);
  layout.place(RBI_SEC_RUNS, runs);
  layout.place(RBI_SEC_BACKINGS, backings);
  layout.place(RBI_SEC_AUXV, auxv);
  layout.place(RBI_SEC_FILES, files);
  layout.place(RBI_SEC_FDS, fds);
  layout.place(RBI_SEC_OFDS, ofds);
  layout.place(RBI_SEC_PIPES, pipes);
  layout.place(RBI_SEC_FS, fs);
  layout.place(RBI_SEC_SIGHANDS, sighands);
  layout.place(RBI_SEC_ACTIONS, actions);
  layout.place(RBI_SEC_PENDING, pending);
  layout.place(RBI_SEC_REGISTERS, registers);
  layout.place(RBI_SEC_CREDENTIALS, credentials);
  layout.place(RBI_SEC_GIDS, gids);
  layout.place(RBI_SEC_LIMITS, limits);
  layout.place(RBI_SEC_TIMERS, timers);
  layout.place(RBI_SEC_LOCKS, locks);
  layout.place(RBI_SEC_ZOMBIES, zombies);
  layout.place(RBI_SEC_PTYS, ptys);
  layout.place(RBI_SEC_FIXTURES, fixtures);
  layout.place_bytes(RBI_SEC_XSTATES, xstates_, xstates_.size(), 1);
  layout.place(RBI_SEC_SOCKETS, sockets);
  layout.place(RBI_SEC_MESSAGES, messages);
  layout.place(RBI_SEC_EVENTS, events);
  layout.place(RBI_SEC_EPOLL_ITEMS, epoll_items);
  layout.place(RBI_SEC_WATCHES, watches);
  layout.place_bytes(RBI_SEC_BYTES, bytes_, bytes_.size(), 1);
  layout.place_bytes(RBI_SEC_STRINGS, std::as_bytes(std::span(strings_)), strings_.size(), 1);

  header.metadata_size = layout.end();
  header.pages_offset = align_up(layout.end(), RBI_PAGE_SIZE);
  std::uint64_t end = header.pages_offset;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    runs[i] = {runs_[i].address, runs_[i].pages, end};
    end += runs_[i].pages * RBI_PAGE_SIZE;
  }
  header.pages_size = end - header.pages_offset;
  header.file_size = end;

  if (::ftruncate(fd, static_cast<off_t>(end)) != 0) return fail_errno("cannot size the image");
  // Allocate now: a full disk must be an error here, not a SIGBUS below.
  if (const int error = ::posix_fallocate(fd, 0, static_cast<off_t>(end)); error != 0) {
    return fail_errno("cannot allocate the image", error, "free space where it is written");
  }
  void* address = ::mmap(nullptr, end, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) return fail_errno("cannot map the image for writing");
  const Mapping mapping(address, end);

  layout.copy_to(mapping.data());
  PageSink sink(fd, header.pages_offset);
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const std::uint64_t size = runs_[i].pages * RBI_PAGE_SIZE;
    if (runs_[i].read) {
      RB_TRY(sink.read(size, runs_[i].read));
      continue;
    }
    const std::span<std::byte> pages(mapping.data() + runs[i].offset, size);
    if (runs_[i].fill) runs_[i].fill(pages);
    RB_TRY(sink.add_written(pages));
  }
  const auto sum = sink.finish();
  if (!sum) return tl::unexpected<Error>(sum.error());
  header.pages_checksum = *sum;
  std::memcpy(mapping.data(), &header, sizeof header);
  header.checksum = metadata_checksum(mapping.bytes());
  std::memcpy(mapping.data(), &header, sizeof header);
  return {};
}

Status ImageWriter::write_file(const std::string& path) const {
  auto file = Replacement::create(path);
  if (!file) return tl::unexpected<Error>(std::move(file).error());
  RB_TRY(write(file->fd().get()));
  return file->commit();
}

Result<Image> ImageWriter::to_image() const {
  Fd fd(::memfd_create("restartbench-image", MFD_CLOEXEC));
  if (!fd.valid()) return fail_errno("cannot create a memfd for the image");
  RB_TRY(write(fd.get()));
  return Image::from_fd(std::move(fd));
}

}  // namespace rb
