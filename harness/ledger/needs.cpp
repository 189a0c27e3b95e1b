#include "harness/ledger/needs.h"

#include <algorithm>
#include <fstream>
#include <set>

namespace rb {
namespace {

/// Numbers that a files_struct has room for without an array: NR_OPEN_DEFAULT.
constexpr std::uint32_t kNumbersInside = 64;

std::uint64_t vmas_needed(const Image& image, unsigned of_a_vdso) {
  std::uint64_t count = 0;
  for (const rbi_vma& vma : image.vmas()) count += vma.kind == RBI_VMA_VDSO ? of_a_vdso : 1;
  return count;
}

std::uint64_t arrays_needed(const Image& image) {
  std::uint64_t count = 0;
  for (const rbi_files& files : image.files()) {
    const auto fds = image.fds_of(files);  // ascending
    if (!fds.empty() && fds.back().fd >= kNumbersInside) ++count;
  }
  return count;
}

std::uint64_t pids_needed(const Image& image) {
  std::set<std::uint32_t> numbers;
  for (const rbi_task& task : image.tasks()) numbers.insert(task.pid);
  for (const rbi_group& group : image.groups()) {
    if (group.pgid != 0) numbers.insert(group.pgid);
    if (group.sid != 0) numbers.insert(group.sid);
  }
  return numbers.size();
}

std::uint64_t open_files_needed(const Image& image) {
  std::set<std::string_view> executables;
  for (const rbi_mm& mm : image.mms()) {
    if (mm.exe != RBI_NONE) executables.insert(image.string(mm.exe));
  }
  return image.ofds().size() + image.backings().size() + executables.size();
}

}  // namespace

PerClass needed_objects(const Image& image, unsigned of_a_vdso) {
  PerClass needed{};
  const auto set = [&](ObjectClass object, std::uint64_t count) {
    needed[static_cast<std::size_t>(object)] = count;
  };
  set(ObjectClass::kMm, image.mms().size());
  set(ObjectClass::kVma, vmas_needed(image, of_a_vdso));
  set(ObjectClass::kFiles, image.files().size());
  set(ObjectClass::kFdArray, arrays_needed(image));
  set(ObjectClass::kFs, image.fs().size());
  set(ObjectClass::kSighand, image.sighands().size());
  set(ObjectClass::kSignal, image.groups().size());
  set(ObjectClass::kTask, image.tasks().size());
  set(ObjectClass::kPid, pids_needed(image));
  set(ObjectClass::kCred, image.groups().size());
  set(ObjectClass::kOpenFile, open_files_needed(image));
  set(ObjectClass::kPipe, image.pipes().size());
  return needed;
}

unsigned vdso_vmas() {
  std::ifstream maps("/proc/self/maps");
  unsigned count = 0;
  for (std::string line; std::getline(maps, line);) {
    // Not [vsyscall], which is no VMA.
    count += line.find("[vvar") != std::string::npos || line.ends_with("[vdso]") ? 1 : 0;
  }
  return count;
}

}  // namespace rb
