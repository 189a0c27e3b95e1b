#include <cstring>
#include <map>
#include <string_view>
#include <utility>

#include "harness/verify/checks.h"
#include "harness/verify/proc_files.h"

namespace rb {
namespace {

using FileIdentity = std::pair<std::uint64_t, std::uint64_t>;  // device, inode

class MapsCheck {
 public:
  explicit MapsCheck(Inspection& inspection) : in_(inspection), image_(inspection.image) {
    const auto mode = read_whole_file("/proc/sys/vm/overcommit_memory");
    // Mode 2 accounts everything: mmap(2) drops MAP_NORESERVE.
    options_.noreserve_known = !mode || mode->substr(0, 1) != "2";
    options_.stacks_may_grow = inspection.moment == Moment::kRunning;
    const auto own = read_whole_file("/proc/self/status");
    huge_pages_ = own && own->find("THP_enabled:\t1") != std::string::npos;
    if (inspection.moment == Moment::kStopped) ignored_ = inspection.access.scaffold;
  }

  Status run(std::vector<std::vector<ProcMapping>>& spaces);

 private:
  Status check_space(std::uint32_t task, const rbi_mm& mm, std::vector<ProcMapping>& space);
  Status check_huge_pages(std::uint32_t task, const rbi_mm& mm);
  Status check_exe(std::uint32_t task, const rbi_mm& mm);
  Status check_auxv(std::uint32_t task, const rbi_mm& mm);
  Status check_layout(std::uint32_t task, const rbi_mm& mm);
  void check_backings(std::uint32_t task, const std::vector<BackingFound>& found);

  Inspection& in_;
  const Image& image_;
  CompareOptions options_;
  bool huge_pages_ = false;  ///< this process may have some: PR_SET_THP_DISABLE says nothing
  AddressRange ignored_;
  std::map<std::uint32_t, FileIdentity> file_of_backing_;
  std::map<FileIdentity, std::uint32_t> backing_of_file_;
};

Status MapsCheck::run(std::vector<std::vector<ProcMapping>>& spaces) {
  const auto mms = image_.mms();
  const auto first = in_.representatives(&rbi_task::mm, mms.size());
  spaces.assign(mms.size(), {});
  for (std::size_t i = 0; i < mms.size(); ++i) {
    if (first[i] == RBI_NONE) continue;
    RB_TRY(check_space(first[i], mms[i], spaces[i]));
    RB_TRY(check_huge_pages(first[i], mms[i]));
    RB_TRY(check_exe(first[i], mms[i]));
    RB_TRY(check_auxv(first[i], mms[i]));
    RB_TRY(check_layout(first[i], mms[i]));
  }
  return {};
}

Status MapsCheck::check_space(std::uint32_t task, const rbi_mm& mm,
                              std::vector<ProcMapping>& space) {
  // smaps has the flags of VMAs; kernels without CONFIG_PROC_PAGE_MONITOR lack it.
  auto text = read_whole_file(in_.directory(task) + "/smaps");
  options_.flags_known = text.has_value();
  if (!text) text = read_whole_file(in_.directory(task) + "/maps");
  auto mappings = text ? parse_maps(*text) : std::nullopt;
  if (!mappings) return in_.unreadable(task, "maps", text ? EPROTO : text.error());
  space = std::move(*mappings);

  std::vector<BackingFound> backings;
  const std::uint32_t known = known_advice(image_, mm);
  for (const std::string& difference :
       compare_areas(areas_of_image(image_, mm, known), areas_of_task(space, ignored_, known),
                     options_, backings)) {
    in_.findings.add("{}: memory map: {}", in_.name(task), difference);
  }
  check_backings(task, backings);
  return {};
}

void MapsCheck::check_backings(std::uint32_t task, const std::vector<BackingFound>& found) {
  for (const BackingFound& one : found) {
    const FileIdentity identity{one.device, one.inode};
    const auto file = file_of_backing_.emplace(one.backing, identity).first;
    if (file->second != identity) {
      in_.findings.add(
          "{}: shared memory {}: expected inode {} as in other mappings of it, found inode {}",
          in_.name(task), one.backing, file->second.second, one.inode);
    }
    const auto backing = backing_of_file_.emplace(identity, one.backing).first;
    if (backing->second != one.backing) {
      in_.findings.add("{}: shared memory {}: expected memory of its own, found that of {}",
                       in_.name(task), one.backing, backing->second);
    }
  }
}

/// Where the kernel has none, nobody may use them.
Status MapsCheck::check_huge_pages(std::uint32_t task, const rbi_mm& mm) {
  constexpr std::string_view kDisabled = "THP_enabled:\t0";
  const auto text = read_whole_file(in_.directory(task) + "/status");
  if (!text) return in_.unreadable(task, "status", text.error());
  const bool expected = (mm.flags & RBI_MM_NO_HUGE_PAGES) != 0;
  const bool found = text->find(kDisabled) != std::string::npos;
  if (expected == found || (found && !huge_pages_)) return {};
  in_.findings.add("{}: huge pages: expected {}, found {}", in_.name(task),
                   expected ? "disabled" : "enabled", found ? "disabled" : "enabled");
  return {};
}

Status MapsCheck::check_exe(std::uint32_t task, const rbi_mm& mm) {
  if (mm.exe == RBI_NONE) return {};
  const auto found = read_link(in_.directory(task) + "/exe");
  if (!found) return in_.unreadable(task, "exe", found.error());
  const std::string expected(image_.string(mm.exe));
  if (!same_path(*found, expected)) {
    in_.findings.add("{}: exe: expected {}, found {}", in_.name(task), expected, *found);
  }
  return {};
}

Status MapsCheck::check_auxv(std::uint32_t task, const rbi_mm& mm) {
  if (mm.auxv_count == 0) return {};
  const auto bytes = read_whole_file(in_.directory(task) + "/auxv");
  if (!bytes) return in_.unreadable(task, "auxiliary vector", bytes.error());
  std::vector<rbi_auxv> found(bytes->size() / sizeof(rbi_auxv));
  std::memcpy(found.data(), bytes->data(), found.size() * sizeof(rbi_auxv));
  const auto expected = image_.auxv().subspan(mm.auxv_first, mm.auxv_count);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (expected[i].type == 0) break;  // AT_NULL
    const bool there = i < found.size();
    if (!there || found[i].type != expected[i].type || found[i].value != expected[i].value) {
      in_.findings.add("{}: auxiliary vector entry {}: expected {} = {:#x}, found {}",
                       in_.name(task), i, expected[i].type, expected[i].value,
                       there ? fmt::format("{} = {:#x}", found[i].type, found[i].value) : "none");
    }
  }
  return {};
}

Status MapsCheck::check_layout(std::uint32_t task, const rbi_mm& mm) {
  if ((mm.flags & RBI_MM_LAYOUT) == 0) return {};
  const auto text = read_whole_file(in_.directory(task) + "/stat");
  const auto stat = text ? parse_stat(*text) : std::nullopt;
  if (!stat) return in_.unreadable(task, "stat", text ? EPROTO : text.error());
  // Field numbers of proc_pid_stat(5). The break itself is shown nowhere.
  const struct {
    unsigned field;
    const char* name;
    std::uint64_t expected;
  } addresses[] = {
      {26, "start_code", mm.start_code},   {27, "end_code", mm.end_code},
      {28, "start_stack", mm.start_stack}, {45, "start_data", mm.start_data},
      {46, "end_data", mm.end_data},       {47, "start_brk", mm.start_brk},
      {48, "arg_start", mm.arg_start},     {49, "arg_end", mm.arg_end},
      {50, "env_start", mm.env_start},     {51, "env_end", mm.env_end},
  };
  for (const auto& address : addresses) {
    if (stat->field[address.field] != address.expected) {
      in_.findings.add("{}: {}: expected {:#x}, found {:#x}", in_.name(task), address.name,
                       address.expected, stat->field[address.field]);
    }
  }
  return {};
}

}  // namespace

Status check_maps(Inspection& inspection, std::vector<std::vector<ProcMapping>>& spaces) {
  return MapsCheck(inspection).run(spaces);
}

}  // namespace rb
