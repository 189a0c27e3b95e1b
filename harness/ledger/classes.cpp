#include "harness/ledger/classes.h"

namespace rb {

std::string_view object_class_name(ObjectClass object) {
  static constexpr std::array<std::string_view, kObjectClassCount> kNames = {
      "mm",     "vma",  "files", "fd_array", "fs",        "sighand",
      "signal", "task", "pid",   "cred",     "open_file", "pipe"};
  return kNames[static_cast<std::size_t>(object)];
}

const AllocationSource& allocation_source(ObjectClass object) {
  static constexpr std::array<AllocationSource, kObjectClassCount> kSources = {{
      // clone(2); exec(2) and /dev/restart
      {{"mm_struct"}, {"copy_process", "dup_mm", "copy_mm", "mm_alloc"}},
      // mmap(2); clone(2)
      {{"vm_area_struct"}, {"vm_area_alloc", "vm_area_dup"}},
      {{"files_cache"}, {"dup_fd"}},
      // struct fdtable is of 56 bytes; its array and bitmaps are never.
      {{}, {"alloc_fdtable"}, "bytes_req==56"},
      {{"fs_cache"}, {"copy_fs_struct"}},
      // clone(2); exec(2)
      {{"sighand_cache"}, {"copy_process", "copy_sighand", "begin_new_exec", "unshare_sighand"}},
      {{"signal_cache"}, {"copy_process", "copy_signal"}},
      {{"task_struct"}, {"copy_process", "dup_task_struct"}},
      // One size for each depth of pid namespaces: "pid", "pid_2", ...
      {{"pid"}, {"alloc_pid"}, "", true},
      {{"cred", "cred_jar"}, {"prepare_creds"}},
      {{"filp"}, {"alloc_empty_file", "__alloc_file"}},
      // Beside it goes an array of 16 buffers of 40 bytes; of 2 or 1 for users with many pipes.
      {{}, {"alloc_pipe_info"}, "bytes_req!=640 && bytes_req!=80 && bytes_req!=40"},
  }};
  return kSources[static_cast<std::size_t>(object)];
}

}  // namespace rb
