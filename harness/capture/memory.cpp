#include "harness/capture/memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "harness/capture/kept_files.h"
#include "harness/capture/pages.h"
#include "harness/verify/memory_reader.h"
#include "harness/verify/proc_files.h"
#include "harness/verify/vm_flags.h"

namespace rb::capture {
namespace {

tl::unexpected<Error> cannot_read(const FoundTask& task, const char* what, int error) {
  return fail_errno(fmt::format("cannot read {} of {}", what, task.who), error);
}

/// What a mapping is as a VMA of an image.
enum class Kind { kAnonymous, kFile, kSharedMemory, kVdso, kVsyscall };

Kind kind_of(const ProcMapping& mapping) {
  if (mapping.path == "[vsyscall]") return Kind::kVsyscall;
  if (mapping.path == "[vdso]" || mapping.path.rfind("[vvar", 0) == 0) return Kind::kVdso;
  if (mapping.inode == 0) return Kind::kAnonymous;
  // mmap(2) with MAP_SHARED | MAP_ANONYMOUS is a file of this name that nobody can open.
  if (mapping.shared && mapping.path == "/dev/zero (deleted)") return Kind::kSharedMemory;
  return Kind::kFile;
}

/// VmFlags of smaps that an image has no place for, and that change what a program sees.
struct UnsavedFlag {
  const char* flag;
  const char* what;
};
constexpr UnsavedFlag kUnsavedFlags[] = {
    {"ht", "of huge pages (MAP_HUGETLB)"},
    {"io", "of a device's memory"},
    {"pf", "of a device's memory"},
    {"um", "watched by userfaultfd(2)"},
    {"uw", "watched by userfaultfd(2)"},
    {"ui", "watched by userfaultfd(2)"},
    {"ss", "a shadow stack"},
    {"sl", "sealed (mseal(2))"},
};

void refuse_mapping(const FoundTask& task, const ProcMapping& mapping, Refusals& refusals) {
  const auto refuse = [&](std::string_view why) {
    refusals.add("{} has a mapping at {:#x}{}{} that is {}", task.who, mapping.start,
                 mapping.path.empty() ? "" : " of ", mapping.path, why);
  };
  const Kind kind = kind_of(mapping);
  if (kind == Kind::kVdso || kind == Kind::kVsyscall) return;
  for (const UnsavedFlag& unsaved : kUnsavedFlags) {
    if (mapping.has_flag(unsaved.flag)) refuse(unsaved.what);
  }
  if (kind == Kind::kAnonymous && mapping.shared) refuse("shared, but of nothing");
  if (kind != Kind::kFile) return;
  const std::string_view path = mapping.path;
  if (path.starts_with("/SYSV")) return refuse("System V shared memory (shmget(2))");
  if (path.starts_with("/[aio]")) return refuse("a ring of io_setup(2)");
  if (path.starts_with("anon_inode:")) return refuse("not of a file");
  if (is_kept_file(path)) return;
  struct stat status {};
  if (::stat(mapping.path.c_str(), &status) != 0 || status.st_ino != mapping.inode) {
    return refuse("of a file that is another one by that name now");
  }
  if (!S_ISREG(status.st_mode)) refuse("not of a regular file");
}

Status read_auxv(const FoundTask& task, const std::string& directory, FoundMm& mm) {
  const auto bytes = read_whole_file(directory + "/auxv");
  if (!bytes) return cannot_read(task, "the auxiliary vector", bytes.error());
  mm.auxv.resize(bytes->size() / sizeof(rbi_auxv));
  std::memcpy(mm.auxv.data(), bytes->data(), mm.auxv.size() * sizeof(rbi_auxv));
  const auto null = std::find_if(mm.auxv.begin(), mm.auxv.end(),
                                 [](const rbi_auxv& entry) { return entry.type == 0; });
  if (null != mm.auxv.end()) mm.auxv.erase(null + 1, mm.auxv.end());
  return {};
}

std::string map_file(const FoundTree& found, const FoundTask& task, const ProcMapping& mapping) {
  return fmt::format("/proc/{}/map_files/{:x}-{:x}", found.processes[task.process].pid,
                     mapping.start, mapping.end);
}

/// A mapping's file, if its contents are to be in the image.
Status find_kept_file(FoundTree& found, const FoundTask& task, const ProcMapping& mapping,
                      FoundMm& mm, Refusals& refusals) {
  std::uint32_t& file = mm.kept_files.emplace_back(RBI_NONE);
  if (kind_of(mapping) != Kind::kFile || !is_kept_file(mapping.path)) return {};
  const std::string who =
      fmt::format("{} mapping at {:#x} ({})", task.who, mapping.start, mapping.path);
  const auto kept = keep_file(found, mapping.path, map_file(found, task, mapping), who, refusals);
  if (!kept) return tl::unexpected<Error>(kept.error());
  if (!*kept) return {};
  file = **kept;
  const std::uint64_t pages = (found.kept_files[file].size + RBI_PAGE_SIZE - 1) / RBI_PAGE_SIZE;
  if (mapping.offset + (mapping.end - mapping.start) > pages * RBI_PAGE_SIZE) {
    refusals.add("{} reaches beyond the end of the file: an image cannot hold that", who);
  }
  return {};
}

Status read_mm(FoundTree& found, FoundMm& mm, Refusals& refusals) {
  const FoundTask& task = found.tasks[mm.task];
  const std::string directory = found.directory(task);
  const auto text = read_whole_file(directory + "/smaps");
  auto mappings = text ? parse_maps(*text) : std::nullopt;
  if (!mappings) return cannot_read(task, "the memory map", text ? EPROTO : text.error());
  mm.mappings = std::move(*mappings);
  std::erase_if(mm.mappings,
                [](const ProcMapping& one) { return kind_of(one) == Kind::kVsyscall; });

  auto pagemap = PageMap::open(directory);
  if (!pagemap) return cannot_read(task, "the page map", pagemap.error());
  for (const ProcMapping& mapping : mm.mappings) {
    refuse_mapping(task, mapping, refusals);
    RB_TRY(find_kept_file(found, task, mapping, mm, refusals));
    auto& contents = mm.contents.emplace_back();
    if (mapping.shared || kind_of(mapping) == Kind::kVdso) continue;
    auto pages = pagemap->own_pages(mapping.start, mapping.end);
    if (!pages) return cannot_read(task, "the page map", pages.error());
    contents = std::move(*pages);
  }
  RB_TRY(read_auxv(task, directory, mm));
  auto exe = read_link(directory + "/exe");
  if (!exe) return cannot_read(task, "the executable's name", exe.error());
  mm.exe = std::move(*exe);
  if (mm.exe.ends_with(kDeleted)) {
    refusals.add("{} runs {}, which has no name any more: restart the program first", task.who,
                 mm.exe);
  }
  return {};
}

class MemoryAdder {
 public:
  MemoryAdder(const FoundTree& found, ImageWriter& writer) : found_(found), writer_(writer) {}

  Status add() {
    RB_TRY(add_kept_files(found_, writer_));
    for (const FoundMm& mm : found_.mms) RB_TRY(add_mm(mm));
    for (const Shared& shared : shared_) RB_TRY(add_shared(shared));
    return {};
  }

 private:
  /// Shared memory, and through which mapping it can be reached.
  struct Shared {
    std::uint64_t inode;
    std::uint32_t backing;
    std::string map_file;
    std::uint64_t size;
  };

  Status add_mm(const FoundMm& from);
  Status add_vma(const FoundMm& mm, std::size_t index);
  Status add_shared_backing(const FoundMm& mm, const ProcMapping& mapping, rbi_vma& vma);
  void add_file_backing(const ProcMapping& mapping, rbi_vma& vma);
  Status add_shared(const Shared& shared);

  const FoundTree& found_;
  ImageWriter& writer_;
  std::vector<Shared> shared_;
  std::vector<std::pair<std::string, std::uint32_t>> file_backings_;
};

void set_layout(const ProcStat& stat, std::uint64_t brk, rbi_mm& mm) {
  // Field numbers of proc_pid_stat(5).
  mm.start_code = stat.field[26];
  mm.end_code = stat.field[27];
  mm.start_stack = stat.field[28];
  mm.start_data = stat.field[45];
  mm.end_data = stat.field[46];
  mm.start_brk = stat.field[47];
  mm.arg_start = stat.field[48];
  mm.arg_end = stat.field[49];
  mm.env_start = stat.field[50];
  mm.env_end = stat.field[51];
  mm.brk = brk;
  mm.flags = RBI_MM_LAYOUT;
}

Status MemoryAdder::add_mm(const FoundMm& from) {
  const FoundTask& task = found_.tasks[from.task];
  rbi_mm mm{};
  mm.vma_first = static_cast<__u32>(writer_.vmas.size());
  mm.run_first = writer_.run_count();
  mm.auxv_first = static_cast<__u32>(writer_.auxv.size());
  writer_.auxv.insert(writer_.auxv.end(), from.auxv.begin(), from.auxv.end());
  mm.auxv_count = static_cast<__u32>(from.auxv.size());
  mm.exe = writer_.add_string(from.exe);
  set_layout(found_.processes[task.process].stat, from.brk, mm);
  if (!from.dumpable) mm.flags |= RBI_MM_NOT_DUMPABLE;
  mm.flags |= from.flags;
  const auto reader =
      std::make_shared<MemoryReader>(static_cast<std::uint32_t>(task.tid), found_.directory(task));
  for (std::size_t i = 0; i < from.mappings.size(); ++i) {
    RB_TRY(add_vma(from, i));
    for (const PageRange& range : from.contents[i]) {
      writer_.add_run_from(
          range.address, range.pages,
          [reader, address = range.address](std::uint64_t offset, std::span<std::byte> to) {
            return reader->read(address + offset, to);
          });
    }
  }
  mm.vma_count = static_cast<__u32>(writer_.vmas.size()) - mm.vma_first;
  mm.run_count = writer_.run_count() - mm.run_first;
  writer_.mms.push_back(mm);
  return {};
}

Status MemoryAdder::add_vma(const FoundMm& mm, std::size_t index) {
  const ProcMapping& mapping = mm.mappings[index];
  rbi_vma vma{};
  vma.start = mapping.start;
  vma.end = mapping.end;
  vma.prot = mapping.prot;
  vma.backing = RBI_NONE;
  if (mapping.shared) vma.flags |= RBI_VMA_SHARED;
  if (mapping.growsdown) vma.flags |= RBI_VMA_GROWSDOWN;
  if (mapping.noreserve) vma.flags |= RBI_VMA_NORESERVE;
  vma.flags |= advice_of(mapping);
  switch (kind_of(mapping)) {
    case Kind::kVsyscall:
      return {};
    case Kind::kVdso: {
      // The data pages and the code behind them are one.
      auto& vmas = writer_.vmas;
      vma.kind = RBI_VMA_VDSO;
      vma.flags = 0;
      vma.prot = PROT_READ | PROT_EXEC;
      if (!vmas.empty() && vmas.back().kind == RBI_VMA_VDSO && vmas.back().end == vma.start) {
        vmas.back().end = vma.end;
        return {};
      }
      break;
    }
    case Kind::kAnonymous:
      vma.kind = RBI_VMA_ANON;
      break;
    case Kind::kFile:
      vma.kind = RBI_VMA_FILE;
      vma.offset = mapping.offset;
      vma.backing = mm.kept_files[index];
      if (vma.backing == RBI_NONE) add_file_backing(mapping, vma);
      break;
    case Kind::kSharedMemory:
      vma.kind = RBI_VMA_SHMEM;
      vma.offset = mapping.offset;
      RB_TRY(add_shared_backing(mm, mapping, vma));
      break;
  }
  writer_.vmas.push_back(vma);
  return {};
}

void MemoryAdder::add_file_backing(const ProcMapping& mapping, rbi_vma& vma) {
  const std::uint64_t size = mapping.offset + (mapping.end - mapping.start);
  const auto known =
      std::find_if(file_backings_.begin(), file_backings_.end(),
                   [&](const auto& backing) { return backing.first == mapping.path; });
  if (known != file_backings_.end()) {
    vma.backing = known->second;
    rbi_backing& backing = writer_.backings[vma.backing];
    backing.size = std::max<__u64>(backing.size, size);
    return;
  }
  vma.backing = static_cast<__u32>(writer_.backings.size());
  file_backings_.emplace_back(mapping.path, vma.backing);
  rbi_backing backing{};
  backing.kind = RBI_BACKING_FILE;
  backing.path = writer_.add_string(mapping.path);
  backing.size = size;
  writer_.backings.push_back(backing);
}

Status MemoryAdder::add_shared_backing(const FoundMm& mm, const ProcMapping& mapping,
                                       rbi_vma& vma) {
  const std::uint64_t extent = mapping.offset + (mapping.end - mapping.start);
  const auto known = std::find_if(shared_.begin(), shared_.end(), [&](const Shared& shared) {
    return shared.inode == mapping.inode;
  });
  if (known != shared_.end()) {
    vma.backing = known->backing;
    known->size = std::max(known->size, extent);
    return {};
  }
  const FoundTask& task = found_.tasks[mm.task];
  Shared shared;
  shared.inode = mapping.inode;
  shared.backing = vma.backing = static_cast<__u32>(writer_.backings.size());
  shared.map_file = map_file(found_, task, mapping);
  struct stat status {};
  if (::stat(shared.map_file.c_str(), &status) != 0) {
    return cannot_read(task, "shared memory (map_files)", errno);
  }
  shared.size = std::max(extent, static_cast<std::uint64_t>(status.st_size));
  shared_.push_back(std::move(shared));
  rbi_backing backing{};
  backing.kind = RBI_BACKING_SHMEM;
  backing.path = RBI_NONE;
  writer_.backings.push_back(backing);
  return {};
}

/// Runs of backings follow those of all mms.
Status MemoryAdder::add_shared(const Shared& shared) {
  rbi_backing& backing = writer_.backings[shared.backing];
  backing.size = (shared.size + RBI_PAGE_SIZE - 1) / RBI_PAGE_SIZE * RBI_PAGE_SIZE;
  return add_file_runs(shared.map_file, backing.size, writer_, backing);
}

}  // namespace

Status find_memory(FoundTree& found, Refusals& refusals) {
  const auto users = found.users(&FoundTask::mm, found.mms.size());
  for (std::size_t i = 0; i < found.mms.size(); ++i) {
    found.mms[i].task = users[i];
    RB_TRY(read_mm(found, found.mms[i], refusals));
  }
  return {};
}

Status add_memory(const FoundTree& found, ImageWriter& writer) {
  return MemoryAdder(found, writer).add();
}

}  // namespace rb::capture
