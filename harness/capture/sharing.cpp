#include "harness/capture/sharing.h"

#include "harness/verify/kcmp.h"

namespace rb::capture {
namespace {

struct Entry {
  KernelObject object;
  std::size_t task;
};

/// @return the number of different objects
Result<std::uint32_t> number_objects(FoundTree& found, int type, std::uint32_t FoundTask::*object) {
  Kcmp kcmp(type);
  std::vector<Entry> entries;
  std::vector<std::size_t> same_as(found.tasks.size());
  for (const FoundProcess& process : found.processes) {
    const auto leader = static_cast<std::uint32_t>(process.pid);
    entries.push_back({{leader, 0}, process.first_task});
    same_as[process.first_task] = process.first_task;
    for (std::size_t i = process.first_task + 1; i < process.first_task + process.task_count; ++i) {
      const KernelObject own{static_cast<std::uint32_t>(found.tasks[i].tid), 0};
      // CLONE_THREAD asks for a common mm and sighand.
      const bool common = type == KCMP_VM || type == KCMP_SIGHAND;
      same_as[i] = i;
      if (common || kcmp.same({leader, 0}, own)) {
        same_as[i] = process.first_task;
      } else {
        entries.push_back({own, i});
      }
    }
  }
  kcmp.sort(entries);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i == 0 || !kcmp.same(entries[i - 1].object, entries[i].object)) continue;
    same_as[entries[i].task] = same_as[entries[i - 1].task];
  }
  RB_TRY(kcmp.usable());
  // In the order of first use.
  std::vector<std::uint32_t> numbers(found.tasks.size(), RBI_NONE);
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < found.tasks.size(); ++i) {
    std::size_t first = i;
    while (same_as[first] != first) first = same_as[first];
    if (numbers[first] == RBI_NONE) numbers[first] = count++;
    found.tasks[i].*object = numbers[first];
  }
  return count;
}

}  // namespace

Status find_sharing(FoundTree& found) {
  const auto mms = number_objects(found, KCMP_VM, &FoundTask::mm);
  if (!mms) return tl::unexpected<Error>(mms.error());
  const auto files = number_objects(found, KCMP_FILES, &FoundTask::files);
  if (!files) return tl::unexpected<Error>(files.error());
  const auto fs = number_objects(found, KCMP_FS, &FoundTask::fs);
  if (!fs) return tl::unexpected<Error>(fs.error());
  const auto sighands = number_objects(found, KCMP_SIGHAND, &FoundTask::sighand);
  if (!sighands) return tl::unexpected<Error>(sighands.error());
  found.mms.resize(*mms);
  found.files.resize(*files);
  found.fs.resize(*fs);
  found.sighands.resize(*sighands);
  return {};
}

}  // namespace rb::capture
