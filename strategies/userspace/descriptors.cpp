#include "strategies/userspace/descriptors.h"

#include <fcntl.h>

#include <algorithm>
#include <cstring>

#include "strategies/userspace/fd_numbers.h"
#include "strategies/userspace/ops.h"
#include "strategies/userspace/special_files.h"
#include "strategies/userspace/table_fill.h"

namespace rb {
namespace {

// Nanoseconds a descriptor, as measured; only their proportions matter here.
constexpr std::uint64_t kCopyCost = 6;
constexpr std::uint64_t kCloseCost = 80;
constexpr std::uint64_t kOpenCost = 840;

/// NR_OPEN_DEFAULT: a new files_struct has room for so many.
constexpr std::uint32_t kFirstNumbers = 64;

/// Whether a table that holds the one is as the other should be.
bool equal(std::span<const rbi_fd> a, std::span<const rbi_fd> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

/// A socket that has a file.
[[nodiscard]] bool is_named(const rbi_socket& socket) {
  return socket.path != RBI_NONE && (socket.options & RBI_SOCKET_ABSTRACT) == 0;
}

class DescriptorPlanner {
 public:
  DescriptorPlanner(const ImageAt& at, const Topology& topology, DescriptorOrder order,
                    std::uint32_t first_store_fd, bool creator_has_files)
      : at_(at),
        image_(at.image()),
        objects_(topology.objects[static_cast<std::size_t>(Shared::kFiles)]),
        holders_(topology.held[static_cast<std::size_t>(Shared::kFiles)]),
        order_(order),
        next_store_fd_(first_store_fd),
        creator_has_files_(creator_has_files) {
    plan_.tables.resize(objects_.size());
    inherits_.assign(objects_.size(), 0);
    stored_.assign(image_.ofds().size(), kNotStored);
    plan_.backing_fds.assign(image_.backings().size(), kNotStored);
  }

  DescriptorPlan run() {
    decide_inheritance();
    fill_before_sharing();
    decide_store();
    decide_births();
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      if (objects_[i].final_index < 0) continue;
      const auto present = inherits_[i] != 0
                               ? contents(static_cast<std::size_t>(objects_[i].source))
                               : std::span<const rbi_fd>();
      if (!equal(present, contents(i))) {
        fill_table(at_, present, contents(i), stored_, plan_.tables[i].fill);
      }
      if (objects_[i].exec_keeps && plan_.tables[i].early) {
        fill_table(at_, {}, contents(i), stored_, plan_.tables[i].refill);
      }
    }
    plan_.stored = std::move(stored_);
    return std::move(plan_);
  }

 private:
  [[nodiscard]] std::span<const rbi_fd> contents(std::size_t object) const {
    const int index = objects_[object].final_index;
    if (index < 0) return {};
    return image_.fds_of(image_.files()[static_cast<std::size_t>(index)]);
  }

  [[nodiscard]] static std::uint64_t matches(std::span<const rbi_fd> a, std::span<const rbi_fd> b) {
    if (equal(a, b)) return a.size();
    std::uint64_t count = 0;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
      if (a[i].fd == b[j].fd) {
        count += a[i].ofd == b[j].ofd ? 1 : 0;
        ++i;
        ++j;
      } else if (a[i].fd < b[j].fd) {
        ++i;
      } else {
        ++j;
      }
    }
    return count;
  }

  /// A table inherits where copying, and closing what it does not want, is
  /// cheaper than taking each shared description by reference. Whatever is
  /// inherited from is filled early.
  void decide_inheritance() {
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      plan_.tables[i].early = order_ != DescriptorOrder::kTopologyFirst;
      const int source = objects_[i].source;
      if (source < 0 || objects_[i].by_exec || order_ != DescriptorOrder::kTopologyFirst) continue;
      const auto from = contents(static_cast<std::size_t>(source));
      const std::uint64_t kept = matches(from, contents(i));
      if (kept * kOpenCost > from.size() * kCopyCost + (from.size() - kept) * kCloseCost) {
        inherits_[i] = 1;
        plan_.tables[static_cast<std::size_t>(source)].early = true;
      }
    }
  }

  /// A table grows past its first 64 numbers at the price of a grace period of RCU,
  /// milliseconds, once it has more than one user (fs/file.c, expand_fdtable()). While
  /// its founder is the only one it costs nothing; nor does it where nobody copies it.
  void fill_before_sharing() {
    if (order_ != DescriptorOrder::kTopologyFirst) return;
    std::vector<std::size_t> users(objects_.size(), 0);
    for (const int object : holders_) {
      if (object >= 0) ++users[static_cast<std::size_t>(object)];
    }
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      const auto wanted = contents(i);
      if (wanted.empty() || wanted.back().fd < kFirstNumbers || users[i] < 2) continue;
      if (!objects_[i].copied && !objects_[i].exec_keeps) plan_.tables[i].early = true;
    }
  }

  /// Descriptions that more than one table needs without inheriting them, and
  /// pipes whose ends are not both needed by just one table, go into the store.
  void decide_store() {
    const auto ofds = image_.ofds();
    std::vector<int> needed_by(ofds.size(), -1);  // table, or -2 for several
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      const auto wanted = contents(i);
      const auto present = inherits_[i] != 0
                               ? contents(static_cast<std::size_t>(objects_[i].source))
                               : std::span<const rbi_fd>();
      // Filled before an exec and again after it: not by opening twice what
      // others inherit in between.
      const bool twice = objects_[i].exec_keeps && plan_.tables[i].early;
      if (!twice && equal(present, wanted)) continue;
      std::size_t p = 0;
      for (const rbi_fd& fd : wanted) {
        if (twice) needed_by[fd.ofd] = -2;
        while (p < present.size() && present[p].fd < fd.fd) ++p;
        if (p < present.size() && present[p].fd == fd.fd && present[p].ofd == fd.ofd) continue;
        int& needer = needed_by[fd.ofd];
        const int table = static_cast<int>(i);
        needer = needer == -1 || needer == table ? table : -2;
      }
    }
    // After a chroot no task reaches its files by path any more.
    const bool chroots = std::any_of(image_.fs().begin(), image_.fs().end(), [&](const rbi_fs& fs) {
      return image_.string(fs.root) != "/";
    });
    const bool special = has_special_files(image_);
    if (special) {
      const std::vector<char> held = held_by_coordinator(image_);
      for (std::size_t i = 0; i < ofds.size(); ++i) {
        if (held[i] != 0) needed_by[i] = -2;
      }
    }
    store_own_contents();
    for (const PipeEnds& ends : pipe_ends(image_)) store_pipe_if_needed(ends, needed_by);
    for (std::uint32_t i = 0; i < ofds.size(); ++i) {
      const bool pipe = is_pipe_end(ofds[i]);
      const bool by_path = ofds[i].kind != RBI_OFD_SOCKET || is_named(image_.socket_of(ofds[i]));
      if (pipe || is_special(image_, ofds[i]) || !(needed_by[i] == -2 || (chroots && by_path)))
        continue;
      stored_[i] = next_store_fd_++;
      open_description(at_, ofds[i], stored_[i], true, plan_.store);
    }
    if (special) {
      open_special(at_, plan_.backing_fds, next_store_fd_, stored_, plan_.store);
      settle_special(at_, stored_, plan_.store);
      plan_.owners = owner_ops(image_, stored_);
    }
    store_backings(chroots);
  }

  /// Files whose contents are in the image, before what opens them.
  void store_own_contents() {
    for (std::size_t i = 0; i < image_.backings().size(); ++i) {
      const rbi_backing& backing = image_.backings()[i];
      if (backing.kind == RBI_BACKING_FILE || backing.kind == RBI_BACKING_SHMEM) continue;
      plan_.backing_fds[i] = next_store_fd_++;
      plan_.store.push_back(make_backing(at_, backing, plan_.backing_fds[i]));
    }
  }

  void store_pipe_if_needed(const PipeEnds& ends, const std::vector<int>& needed_by) {
    const int read = ends.read == RBI_NONE ? -1 : needed_by[ends.read];
    const int write = ends.write == RBI_NONE ? -1 : needed_by[ends.write];
    const bool both = read >= 0 && write >= 0;
    if ((both && read == write) || (read == -1 && write >= 0) || (write == -1 && read >= 0)) return;
    if (read == -1 && write == -1) return;
    const auto ofds = image_.ofds();
    const rbi_ofd* read_end = ends.read == RBI_NONE ? nullptr : &ofds[ends.read];
    const rbi_ofd* write_end = ends.write == RBI_NONE ? nullptr : &ofds[ends.write];
    const std::uint32_t pipe = read_end != nullptr ? read_end->object : write_end->object;
    const std::uint32_t read_fd = next_store_fd_++;
    const std::uint32_t write_fd = next_store_fd_++;
    open_pipe(at_, pipe, read_end, write_end, read_fd, write_fd, plan_.store);
    // An end that nobody has stays open in the store until the tree is released.
    if (read_end != nullptr) stored_[ends.read] = read_fd;
    if (write_end != nullptr) stored_[ends.write] = write_fd;
  }

  void store_backings(bool chroots) {
    for (std::size_t i = 0; i < image_.backings().size(); ++i) {
      const rbi_backing& backing = image_.backings()[i];
      if (plan_.backing_fds[i] != kNotStored) continue;
      if (backing.kind == RBI_BACKING_FILE && !chroots) continue;
      plan_.backing_fds[i] = next_store_fd_++;
      if (backing.kind == RBI_BACKING_SHMEM) {
        plan_.store.push_back(make_backing(at_, backing, plan_.backing_fds[i]));
        continue;
      }
      rst_op op = ops::make(RST_OPEN, RST_STAGE_MEMORY);
      op.x = plan_.backing_fds[i];
      op.a = at_.of_string(backing.path);
      op.b = O_RDWR | O_CLOEXEC;
      plan_.store.push_back(op);
    }
    store_holds_something_ = next_store_fd_ != 0;
  }

  void decide_births() {
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      const int source = objects_[i].source;
      bool full = store_holds_something_ || creator_has_files_;
      if (source >= 0) {
        const auto from = static_cast<std::size_t>(source);
        full = plan_.tables[from].early && !contents(from).empty();
      }
      if (!full || inherits_[i] != 0 || objects_[i].by_exec) continue;
      const bool naive =
          order_ == DescriptorOrder::kFirstUnshare && (source >= 0 || creator_has_files_);
      plan_.tables[i].birth = naive ? TableBirth::kUnshareClose : TableBirth::kPunch;
    }
  }

  const ImageAt& at_;
  const Image& image_;
  const std::vector<PlannedObject>& objects_;
  const std::vector<int>& holders_;  // by task
  DescriptorOrder order_;
  std::uint32_t next_store_fd_;
  bool creator_has_files_;
  bool store_holds_something_ = false;
  DescriptorPlan plan_;
  std::vector<char> inherits_;
  std::vector<std::uint32_t> stored_;
};

}  // namespace

DescriptorPlan plan_descriptors(const ImageAt& at, const Topology& topology, DescriptorOrder order,
                                std::uint32_t first_store_fd, bool creator_has_files) {
  return DescriptorPlanner(at, topology, order, first_store_fd, creator_has_files).run();
}

}  // namespace rb
