// The kernel objects that the ledger keeps account of.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace rb {

enum class ObjectClass : std::uint8_t {
  kMm,        ///< mm_struct: an address space
  kVma,       ///< vm_area_struct
  kFiles,     ///< files_struct: a descriptor table
  kFdArray,   ///< fdtable: the array of a files_struct with more than 64 numbers
  kFs,        ///< fs_struct: working directory, root, umask
  kSighand,   ///< sighand_struct: signal actions
  kSignal,    ///< signal_struct: a thread group
  kTask,      ///< task_struct
  kPid,       ///< struct pid
  kCred,      ///< struct cred
  kOpenFile,  ///< struct file: an open file description
  kPipe,      ///< pipe_inode_info
};
inline constexpr std::size_t kObjectClassCount = 12;

/// One number for each class.
using PerClass = std::array<std::uint64_t, kObjectClassCount>;

/// "mm", "vma", "files", "fd_array", "fs", "sighand", "signal", "task", "pid",
/// "cred", "open_file", "pipe".
[[nodiscard]] std::string_view object_class_name(ObjectClass object);

/// How the kernel allocates the objects of a class.
struct AllocationSource {
  /// Its slab cache, under the names that kernels give it; empty: kmalloc().
  std::array<const char*, 2> caches{};
  /// Functions that the allocation may be inlined into or made by, in any kernel from
  /// 6.1 on; those that one kernel does not have do no harm. Not needed where the
  /// cache is its own and allocations name it.
  std::array<const char*, 5> sites{};
  /// For kmalloc(): what tells the object from others that the site allocates.
  const char* size_filter = "";
  /// The sites take nothing else from caches, and the objects come in several sizes, each
  /// with a cache of its own: no size and no name is asked for.
  bool any_size = false;
};
[[nodiscard]] const AllocationSource& allocation_source(ObjectClass object);

}  // namespace rb
