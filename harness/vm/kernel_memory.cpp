#include "harness/vm/kernel_memory.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string_view>

namespace rb::vm {
namespace {

/// The pids of a restart, in the guest's own numbers, are to be the same each time, and
/// on nodes of the kernel's tree of pids that no other task is on.
constexpr std::string_view kLastPid = "199999";

/// Each page of a memfd that is so far from the next one has a radix tree node of its own.
constexpr off_t kNodeApart = 64 * 4096;
constexpr int kNodes = 64;

Result<Fd> open_to_write(const std::string& path) {
  Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.valid()) return fail_errno("cannot open " + path);
  return file;
}

void put(const Fd& file, std::string_view text) {
  (void)!::pwrite(file.get(), text.data(), text.size(), 0);
}

/// Freed kernel stacks stay in the tree of kernel addresses until there are some
/// thousands, and each search for a free address meets them. Any change of a page's
/// protection removes them: here, that of a socket filter that is not compiled.
void purge_addresses() {
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sock_filter accept = {BPF_RET | BPF_K, 0, 0, 0xffff};
  const sock_fprog program = {1, &accept};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

}  // namespace

Result<KernelMemory> KernelMemory::create() {
  KernelMemory memory;
  auto drop_caches = open_to_write("/proc/sys/vm/drop_caches");
  if (!drop_caches) return tl::unexpected(std::move(drop_caches).error());
  memory.drop_caches_ = std::move(*drop_caches);
  auto last_pid = open_to_write("/proc/sys/kernel/ns_last_pid");
  if (!last_pid) return tl::unexpected(std::move(last_pid).error());
  memory.last_pid_ = std::move(*last_pid);
  memory.radix_tree_ = Fd(::memfd_create("nodes", MFD_CLOEXEC));
  if (!memory.radix_tree_.valid()) return fail_errno("memfd_create");

  std::ofstream compile("/proc/sys/net/core/bpf_jit_enable");
  if (!(compile << 0 << std::flush)) return fail(ErrorKind::kSystem, "cannot set bpf_jit_enable");

  std::error_code error;
  for (const auto& cache : std::filesystem::directory_iterator("/sys/kernel/slab", error)) {
    if (cache.is_symlink()) continue;  // another name of a cache for several uses
    auto shrink = open_to_write(cache.path() / "shrink");
    if (!shrink) return tl::unexpected(std::move(shrink).error());
    memory.shrink_.push_back(std::move(*shrink));
  }
  if (memory.shrink_.empty()) return fail(ErrorKind::kSystem, "there is no /sys/kernel/slab");
  return memory;
}

void KernelMemory::pin() const {
  put(drop_caches_, "3");
  put(last_pid_, kLastPid);
  // No slab that is empty stays, and of the others the fullest come first.
  for (const Fd& cache : shrink_) put(cache, "1");
  purge_addresses();
  // A restart needs few radix tree nodes, too few for a ballast of its own kind to fill
  // up their slabs.
  (void)!::ftruncate(radix_tree_.get(), 0);
  for (int i = 1; i <= kNodes; ++i) (void)!::pwrite(radix_tree_.get(), "", 1, i * kNodeApart);
}

}  // namespace rb::vm
