#include "strategies/kernel/handover.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "strategies/kernel/module/restart_uapi.h"
#include "strategies/userspace/ops.h"
#include "strategies/userspace/special_files.h"
#include "strategies/userspace/table_fill.h"

namespace rb {
namespace {

constexpr __s32 kLeftOut = -1;  // restart_uapi.h

/// The stage that things of a kind are opened and given in: that of what they are for.
constexpr rst_stage stage_of(restart_file_kind kind) {
  switch (kind) {
    case RESTART_FILE_OFD:
      return RST_STAGE_OPEN_FILES;
    case RESTART_FILE_BACKING:
    case RESTART_FILE_EXE:
      return RST_STAGE_MEMORY;
    default:
      return RST_STAGE_ATTACH;
  }
}

class Handover {
 public:
  Handover(const ImageAt& at, std::uint32_t first_fd)
      : at_(at), image_(at.image()), next_fd_(first_fd) {}

  Handed run() {
    open_own_contents();
    open_descriptions();
    open_backings();
    open_executables();
    open_directories(RESTART_FILE_CWD, &rbi_fs::cwd);
    open_directories(RESTART_FILE_ROOT, &rbi_fs::root);
    return {std::move(ops_), std::move(owners_)};
  }

 private:
  [[nodiscard]] __s32 take_fd() { return static_cast<__s32>(next_fd_++); }

  void open_descriptions() {
    const auto ofds = image_.ofds();
    std::vector<__s32> fds(ofds.size(), kLeftOut);
    for (std::uint32_t i = 0; i < ofds.size(); ++i) {
      if (is_pipe_end(ofds[i]) || is_special(image_, ofds[i])) continue;
      fds[i] = take_fd();
      open_description(at_, ofds[i], static_cast<std::uint32_t>(fds[i]), true, ops_);
    }
    for (const PipeEnds& ends : pipe_ends(image_)) {
      const rbi_ofd* read = ends.read == RBI_NONE ? nullptr : &ofds[ends.read];
      const rbi_ofd* write = ends.write == RBI_NONE ? nullptr : &ofds[ends.write];
      if (read == nullptr && write == nullptr) continue;
      const __s32 read_fd = take_fd();
      const __s32 write_fd = take_fd();
      open_pipe(at_, read != nullptr ? read->object : write->object, read, write,
                static_cast<std::uint32_t>(read_fd), static_cast<std::uint32_t>(write_fd), ops_);
      // An end that nobody has stays open here until the tree is released.
      if (read != nullptr) fds[ends.read] = read_fd;
      if (write != nullptr) fds[ends.write] = write_fd;
    }
    open_special_descriptions(fds);
    give(RESTART_FILE_OFD, fds);
  }

  /// Files whose contents are in the image, before what opens them.
  void open_own_contents() {
    backing_fds_.assign(image_.backings().size(), kNotStored);
    for (std::uint32_t i = 0; i < backing_fds_.size(); ++i) {
      const rbi_backing& backing = image_.backings()[i];
      if (backing.kind == RBI_BACKING_FILE || backing.kind == RBI_BACKING_SHMEM) continue;
      backing_fds_[i] = next_fd_++;
      ops_.push_back(make_backing(at_, backing, backing_fds_[i]));
    }
  }

  void open_special_descriptions(std::vector<__s32>& fds) {
    if (!has_special_files(image_)) return;
    std::vector<std::uint32_t> numbers(fds.begin(), fds.end());  // kNotStored is ~0, as kLeftOut
    open_special(at_, backing_fds_, next_fd_, numbers, ops_);
    settle_special(at_, numbers, ops_);
    owners_ = owner_ops(image_, numbers);
    std::copy(numbers.begin(), numbers.end(), fds.begin());
  }

  /// Files that some mm maps shared and writable are opened for both.
  [[nodiscard]] std::unordered_set<__u32> written_backings() const {
    std::unordered_set<__u32> written;
    for (const rbi_vma& vma : image_.vmas()) {
      const bool shared = (vma.flags & RBI_VMA_SHARED) != 0;
      if (shared && (vma.prot & PROT_WRITE) != 0) written.insert(vma.backing);
    }
    return written;
  }

  void open_backings() {
    const auto written = written_backings();
    std::vector<__s32> fds(backing_fds_.begin(), backing_fds_.end());
    for (std::uint32_t i = 0; i < fds.size(); ++i) {
      if (fds[i] != kLeftOut) continue;
      const rbi_backing& backing = image_.backings()[i];
      fds[i] = take_fd();
      if (backing.kind == RBI_BACKING_FILE) {
        open_path(backing.path, written.contains(i) ? O_RDWR : O_RDONLY, fds[i], RST_STAGE_MEMORY);
        continue;
      }
      ops_.push_back(make_backing(at_, backing, static_cast<std::uint32_t>(fds[i])));
    }
    give(RESTART_FILE_BACKING, fds);
  }

  void open_executables() {
    std::vector<__s32> fds;
    std::unordered_map<std::string_view, __s32> opened;
    for (const rbi_mm& mm : image_.mms()) {
      fds.push_back(mm.exe == RBI_NONE ? kLeftOut
                                       : open_once(mm.exe, O_RDONLY, RST_STAGE_MEMORY, opened));
    }
    give(RESTART_FILE_EXE, fds);
  }

  void open_directories(restart_file_kind kind, __u32 rbi_fs::*path) {
    std::vector<__s32> fds;
    for (const rbi_fs& fs : image_.fs()) {
      fds.push_back(open_once(fs.*path, O_PATH | O_DIRECTORY, stage_of(kind), directories_));
    }
    give(kind, fds);
  }

  [[nodiscard]] __s32 open_once(__u32 path, int flags, rst_stage stage,
                                std::unordered_map<std::string_view, __s32>& opened) {
    const auto [entry, fresh] = opened.try_emplace(image_.string(path), 0);
    if (fresh) {
      entry->second = take_fd();
      open_path(path, flags, entry->second, stage);
    }
    return entry->second;
  }

  void open_path(__u32 path, int flags, __s32 fd, rst_stage stage) {
    rst_op op = ops::make(RST_OPEN, stage);
    op.x = static_cast<__u32>(fd);
    op.a = at_.of_string(path);
    op.b = static_cast<__u64>(flags | O_CLOEXEC);
    ops_.push_back(op);
  }

  /// As few calls as the device allows; the numbers follow the op in its list.
  void give(restart_file_kind kind, const std::vector<__s32>& fds) {
    for (std::size_t first = 0; first < fds.size();) {
      const std::size_t count = std::min<std::size_t>(fds.size() - first, RESTART_MAX_FILES);
      const auto batch = fds.begin() + static_cast<std::ptrdiff_t>(first);
      const auto end = batch + static_cast<std::ptrdiff_t>(count);
      if (std::any_of(batch, end, [](__s32 fd) { return fd != kLeftOut; })) {
        rst_op op = ops::make(RST_DEVICE_GIVE, stage_of(kind));
        op.x = kind;
        op.y = static_cast<__u32>(first);
        op.z = static_cast<__u32>(count);
        ops_.push_back(op);
        const std::size_t numbers = ops_.size();
        ops_.resize(numbers + (count + RST_FDS_PER_OP - 1) / RST_FDS_PER_OP);
        std::memcpy(&ops_[numbers], &*batch, count * sizeof(__s32));
      }
      first += count;
    }
  }

  const ImageAt& at_;
  const Image& image_;
  std::uint32_t next_fd_;
  std::vector<rst_op> ops_;
  std::vector<rst_op> owners_;
  std::vector<std::uint32_t> backing_fds_;
  std::unordered_map<std::string_view, __s32> directories_;
};

}  // namespace

Handed handover_ops(const ImageAt& at, std::uint32_t first_fd) {
  return Handover(at, first_fd).run();
}

std::uint64_t handover_fds(const Image& image) {
  std::uint64_t count = image.backings().size() + extra_special_fds(image);
  for (const rbi_ofd& ofd : image.ofds()) count += is_pipe_end(ofd) ? 0 : 1;
  for (const PipeEnds& ends : pipe_ends(image)) {
    count += ends.read == RBI_NONE && ends.write == RBI_NONE ? 0 : 2;
  }
  std::unordered_set<std::string_view> executables;
  for (const rbi_mm& mm : image.mms()) {
    if (mm.exe != RBI_NONE) executables.insert(image.string(mm.exe));
  }
  std::unordered_set<std::string_view> directories;
  for (const rbi_fs& fs : image.fs()) {
    directories.insert(image.string(fs.cwd));
    directories.insert(image.string(fs.root));
  }
  return count + executables.size() + directories.size();
}

}  // namespace rb
